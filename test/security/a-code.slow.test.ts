import assert from 'node:assert/strict';
import { burst } from '../support/burst.ts';
import {
  API,
  type AuthorizationRequest,
  authorizationRequest,
  authorize,
  basic,
  redeem,
  token,
  type TokenResponse,
  WEB,
} from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { tokenAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useSampleApi } from './support/sample-api.ts';
import { useStage } from './support/stage.ts';

const CONCURRENT = 50;
const ROUNDS = LONG ? 50 : 1;

const TWO = { id: 'two', secret: 'two-secret-of-more-than-32-characters', redirectUri: WEB.redirectUri };
const APP = { id: 'app', secret: '', redirectUri: WEB.redirectUri };
const CLIENT = {
  redirect_uris: [WEB.redirectUri, 'http://localhost:3002/other'],
  grant_types: ['authorization_code', 'refresh_token'],
};

describe('A: authorization code', () => {
  const stage = useStage({
    clients: [
      { ...CLIENT, client_id: TWO.id, client_secret: TWO.secret },
      { ...CLIENT, client_id: APP.id, token_endpoint_auth_method: 'none', application_type: 'native' },
    ],
  });
  const api = useSampleApi(stage);
  const agent = new UserAgent();

  /** A new code, with the request that redeems it. */
  async function newCode(
    parameters: Record<string, string> = {},
  ): Promise<{ code: string; callback: URL; request: AuthorizationRequest; fields: Record<string, string> }> {
    const scope = 'openid offline_access';
    const request = authorizationRequest(stage.issuer, { scope, prompt: 'consent', ...parameters });
    const callback = await authorize(agent, request);
    const code = callback.searchParams.get('code') as string;
    const fields = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: WEB.redirectUri,
      code_verifier: request.verifier,
    };
    return { code, callback, request, fields };
  }

  const without = (fields: Record<string, string>, name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));

  async function isActive(accessToken: string): Promise<boolean> {
    const response = await fetch(`${stage.issuer}/introspect`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams({ token: accessToken }),
    });
    return ((await response.json()) as { active: boolean }).active;
  }

  /** RFC 6749 §4.1.2: a second redemption revokes the tokens of the first. */
  async function assertDead(tokens: TokenResponse): Promise<string> {
    assert.equal(await isActive(tokens.access_token), false);
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    assert.equal(await tokenAnswer(stage, refresh), '400 invalid_grant');
    return 'dead';
  }

  row('A01', 'code with S256', '200, all tokens, iss', async () => {
    const { callback, code, request } = await newCode();
    assert.equal(callback.searchParams.get('iss'), stage.issuer);
    const { body, response } = await redeem(stage.issuer, code, request);
    const { expires_in, scope, token_type, ...tokens } = body;
    assert.deepEqual([token_type, scope], ['Bearer', 'openid offline_access']);
    assert.ok(expires_in > 0 && expires_in <= 300);
    assert.deepEqual(Object.keys(tokens).sort(), ['access_token', 'id_token', 'refresh_token']);
    return `${response.status}, all tokens, iss`;
  });

  row('A02', 'a code redeemed twice', '400 invalid_grant, all dead', async () => {
    const { code, request, fields } = await newCode();
    const { body } = await redeem(stage.issuer, code, request);
    assert.equal(await isActive(body.access_token), true);
    const again = await tokenAnswer(stage, fields);
    return `${again}, all ${await assertDead(body)}`;
  });

  row('A03', 'as A02 with a JWT at the sample API', '400 invalid_grant, refused in 5 s', async () => {
    const { fields } = await newCode({ scope: 'openid messages:read', resource: API });
    const { body } = await token(stage.issuer, fields);
    const atApi = async (): Promise<number> => {
      const headers = { Authorization: `Bearer ${body.access_token}` };
      return (await fetch(`http://127.0.0.1:${api.port}/messages`, { headers })).status;
    };
    assert.equal(await atApi(), 200);
    const again = await tokenAnswer(stage, fields);
    assert.equal(await isActive(body.access_token), false);
    await stage.advance(5);
    assert.equal(await atApi(), 401);
    return `${again}, refused in 5 s`;
  });

  /** Redeems a new code over fifty sockets concurrently. @returns the tokens of the one that succeeds */
  async function race(parameters: Record<string, string> = {}): Promise<TokenResponse> {
    const { fields } = await newCode(parameters);
    const request = {
      path: '/token',
      host: stage.host,
      headers: { Authorization: basic(WEB) },
      body: new URLSearchParams(fields).toString(),
    };
    const answers = await burst([stage.server.port], request, CONCURRENT);
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status }) => status === 400);
    assert.deepEqual([won.length, lost.length], [1, CONCURRENT - 1]);
    const errors = lost.map(({ body }) => (JSON.parse(body) as TokenResponse).error);
    assert.deepEqual(new Set(errors), new Set(['invalid_grant']));
    return JSON.parse(won[0]?.body as string) as TokenResponse;
  }

  // Over several processes on one SQLite file, and over two nodes on one Redis: test/faults.
  row(
    stage.storage === 'redis' ? 'A05' : 'A04',
    'fifty concurrent redemptions of a code',
    'one 200, 49 × 400, <n> rounds',
    async () => {
      for (let round = 0; round < ROUNDS; round += 1) await race();
      return `one 200, 49 × 400, ${ROUNDS} rounds`;
    },
  ).timeout(ROUNDS * 10_000);

  row('A06', 'opaque tokens of a code that was redeemed concurrently', 'dead', async () =>
    assertDead(await race()),
  );

  row('A06', 'JWTs of a code that was redeemed concurrently', 'dead', async () =>
    assertDead(await race({ scope: 'openid offline_access messages:read', resource: API })),
  );

  row('A07', 'the code of another client', '400 invalid_grant, 200 for its own', async () => {
    const { fields } = await newCode();
    const other = await tokenAnswer(stage, fields, TWO);
    return `${other}, ${await tokenAnswer(stage, fields)} for its own`;
  });

  row('A07', 'the code of another client, from a public client', '400 invalid_grant', async () => {
    const { fields } = await newCode();
    const response = await fetch(`${stage.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...fields, client_id: APP.id }),
    });
    const { error } = (await response.json()) as { error: string };
    return `${response.status} ${error}`;
  });

  row('A15', 'another redirect_uri at /token', '400 invalid_grant', async () => {
    const { fields } = await newCode({ redirect_uri: WEB.redirectUri });
    return await tokenAnswer(stage, { ...fields, redirect_uri: 'http://localhost:3002/other' });
  });
  row('A15', 'no redirect_uri at /token', '400 invalid_request', async () => {
    const { fields } = await newCode();
    return await tokenAnswer(stage, without(fields, 'redirect_uri'));
  });

  const noCodes: [what: string, of: (code: string, tokens: TokenResponse) => string][] = [
    ['a refresh token', (_, tokens) => tokens.refresh_token as string],
    ['an access token', (_, tokens) => tokens.access_token],
    ['in capitals', (code) => code.toUpperCase()],
    ['with a space', (code) => `${code} `],
    ['with NUL', (code) => `${code}\0`],
    ['__proto__', () => '__proto__'],
    ['a million letters', () => 'a'.repeat(50_000)],
  ];
  for (const [what, of] of noCodes) {
    row('A02', `an invalid code: ${what}`, '400 invalid_grant', async () => {
      const used = await newCode();
      const { body } = await token(stage.issuer, used.fields);
      const { fields } = await newCode();
      return await tokenAnswer(stage, { ...fields, code: of(fields.code as string, body) });
    });
  }

  row('A14', 'a code after 60 s', '200, 400 invalid_grant', async () => {
    const young = await newCode();
    await stage.advance(55);
    const old = await newCode();
    const first = await tokenAnswer(stage, young.fields);
    await stage.advance(60 + 15 + 1);
    return `${first}, ${await tokenAnswer(stage, old.fields)}`;
  });
});
