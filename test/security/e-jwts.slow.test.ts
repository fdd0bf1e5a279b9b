import { Api } from '../resource-server/api.ts';
import { Issuer, makeKey, type TokenParts } from '../resource-server/issuer.ts';
import { API, MACHINE, signIn, token } from '../support/flow.ts';
import { row } from './support/row.ts';
import { useSampleApi } from './support/sample-api.ts';
import { useStage } from './support/stage.ts';

const REFUSED = '401 Bearer error="invalid_token"';

const now = () => Math.floor(Date.now() / 1000);

describe('E: JWTs at the sample API', () => {
  const stage = useStage();
  const real = useSampleApi(stage);
  let issuer: Issuer;
  let api: Api;
  let read: string;
  before(async () => {
    // An issuer that signs any token of a row.
    issuer = await Issuer.start();
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience });
    const grant = { grant_type: 'client_credentials', scope: 'messages:read' };
    read = (await token(stage.issuer, grant, MACHINE)).body.access_token;
  });
  after(async () => {
    await api?.stop();
    await issuer?.stop();
  });

  /** `401 Bearer error="invalid_token"`, from the API that trusts the real server. */
  async function atRealApi(accessToken: string, init: RequestInit = {}): Promise<string> {
    const headers = { Authorization: `Bearer ${accessToken}` };
    const response = await fetch(`http://127.0.0.1:${real.port}/messages`, { headers, ...init });
    await response.body?.cancel();
    return said(response.status, response.headers.get('www-authenticate') ?? undefined);
  }
  async function atApi(parts: TokenParts): Promise<string> {
    const { status, headers } = await api.ask({ token: await issuer.token(parts) });
    return said(status, headers['www-authenticate']);
  }
  const said = (status: number, challenge = ''): string =>
    [String(status), /^Bearer(?: error="\w+")?/.exec(challenge)?.[0] ?? ''].join(' ').trim();
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  row('E01', 'a valid token', '200', () => atRealApi(read));
  for (const alg of ['none', 'None', 'nOnE', 'NONE', '', 'HS256']) {
    row('E01', `alg ${alg || 'empty'}`, REFUSED, async () => {
      const [, payload = '', signature = ''] = read.split('.');
      const header = part({ alg, typ: 'at+jwt' });
      const seen = new Set<string>();
      for (const each of [`${header}.${payload}.`, `${header}.${payload}.${signature}`])
        seen.add(await atRealApi(each));
      return [...seen].join(', ');
    });
  }
  row('E01', 'an empty or stripped signature, or one of another token', REFUSED, async () => {
    const [header = '', payload = '', signature = ''] = read.split('.');
    const grant = { grant_type: 'client_credentials', scope: 'messages:write' };
    const other = (await token(stage.issuer, grant, MACHINE)).body.access_token.split('.');
    const seen = new Set<string>();
    for (const forged of [
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${other[1]}.${signature}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}`.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    ])
      seen.add(await atRealApi(forged));
    return [...seen].join(', ');
  });

  row('E05', 'an ID token, an opaque token, a refresh token', REFUSED, async () => {
    const { tokens } = await signIn(stage.issuer, {
      parameters: { scope: 'openid offline_access', prompt: 'consent' },
    });
    const seen = new Set<string>();
    for (const name of ['id_token', 'access_token', 'refresh_token'] as const)
      seen.add(await atRealApi(tokens[name] as string));
    return [...seen].join(', ');
  });
  for (const typ of [
    undefined,
    'JWT',
    'logout+jwt',
    'AT+JWT ',
    'client-authentication+jwt',
    'at+jwtx',
    null,
  ]) {
    row('E05', `typ ${String(typ)}`, REFUSED, () => atApi({ header: { typ } }));
  }
  for (const name of ['jwk', 'jku', 'x5u']) {
    row('E05', `a header with ${name}`, REFUSED, async () => {
      const stranger = await makeKey('first');
      const value = name === 'jwk' ? stranger.publicJwk : 'https://evil.example/';
      return await atApi({ header: { [name]: value }, ...(name === 'jwk' && { key: stranger }) });
    });
  }

  const claims: Record<string, () => Record<string, unknown>> = {
    'iss with a slash': () => ({ iss: `${issuer.url}/` }),
    'iss in capitals': () => ({ iss: issuer.url.toUpperCase() }),
    'no iss': () => ({ iss: undefined }),
    'a list of iss': () => ({ iss: [issuer.url] }),
    'another aud': () => ({ aud: 'http://localhost:3009' }),
    'aud with a slash': () => ({ aud: `${API}/` }),
    'a list of aud without us': () => ({ aud: ['https://a.example', 'https://b.example'] }),
    'no aud': () => ({ aud: undefined }),
    'exp past': () => ({ exp: now() - 11 }),
    'nbf in an hour': () => ({ nbf: now() + 3600 }),
    'iat in an hour': () => ({ iat: now() + 3600 }),
    'exp as text': () => ({ exp: String(now() + 60) }),
    'exp as a fraction': () => ({ exp: now() + 60.5 }),
    'exp 1e300': () => ({ exp: 1e300 }),
    'no exp': () => ({ exp: undefined }),
    'no sub': () => ({ sub: undefined }),
    'bound to a key (cnf)': () => ({ cnf: { jkt: 'x' } }),
  };
  for (const [what, made] of Object.entries(claims)) {
    row(/exp|nbf|iat/.test(what) ? 'E07' : 'E06', what, REFUSED, () => atApi({ claims: made() }));
  }
  row('E06', 'a key of another environment with the same kid', REFUSED, async () =>
    atApi({ key: await makeKey('first') }),
  );

  row('E09', 'a valid token without the scope', '403 Bearer error="insufficient_scope"', () =>
    atRealApi(read, {
      method: 'POST',
      headers: { Authorization: `Bearer ${read}`, 'Content-Type': 'application/json' },
      body: '{"text":"x"}',
    }),
  );
  row('E09', 'no token', '401 Bearer', () => atRealApi('', { headers: {} }));
  row('E09', 'a token in the query', '400', async () => {
    const response = await fetch(`http://127.0.0.1:${real.port}/messages?access_token=${read}`);
    return String(response.status);
  });
  row('E09', 'a token in the header and in the body', '400 Bearer error="invalid_request"', async () => {
    const headers = { Authorization: `Bearer ${read}` };
    const response = await fetch(`http://127.0.0.1:${real.port}/messages?access_token=${read}`, { headers });
    return said(response.status, response.headers.get('www-authenticate') ?? undefined);
  });
});
