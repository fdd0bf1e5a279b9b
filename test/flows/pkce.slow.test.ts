import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import {
  type AuthorizationRequest,
  authorizationRequest,
  authorize,
  basic,
  token,
  WEB,
} from '../support/flow.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const SPA = 'spa';
const NO_CHALLENGE = { code_challenge: undefined, code_challenge_method: undefined };
const NEITHER = { ...NO_CHALLENGE, nonce: undefined };

const MISSING_BOTH =
  'code_challenge (S256) and nonce are missing: send one, or register the client with pkce: optional';
const MISSING_CHALLENGE =
  'code_challenge (S256) is missing: send it, or register the client with pkce: optional';
const REQUIRED =
  'code_challenge (S256) is missing: send it, or register the client with pkce: required_or_nonce';
const PUBLIC = 'code_challenge (S256) is missing, which public clients need';

type Parameters = Record<string, string | undefined>;

describe('PKCE or nonce (RFC 9700 §2.1.1)', () => {
  let server: TestServer;
  before(async () => {
    const web = {
      client_secret: SECRET,
      redirect_uris: [WEB.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      first_party: true,
      scope: 'openid profile email messages:read offline_access',
    };
    server = await startTestServer({
      clients: [
        { ...web, client_id: 'default' },
        { ...web, client_id: 'required', pkce: 'required' },
        { ...web, client_id: 'nonce', pkce: 'required_or_nonce' },
        { ...web, client_id: 'optional', pkce: 'optional' },
        { ...web, client_id: 'former-false', require_pkce: false },
        { ...web, client_id: 'former-true', require_pkce: true },
        { ...web, client_id: 'no-openid', scope: 'messages:read' },
        {
          client_id: SPA,
          token_endpoint_auth_method: 'none',
          redirect_uris: [WEB.redirectUri],
          scope: 'openid',
        },
      ],
    });
  });
  after(() => server.stop());

  const requestOf = (client: string, parameters: Parameters = {}): AuthorizationRequest =>
    authorizationRequest(server.issuer, { client_id: client, scope: 'openid', ...parameters });

  /** `accepted`, or the error of the redirect to the client. */
  function outcome(response: Response): string {
    const location = new URL(response.headers.get('location') ?? '', response.url);
    if (location.origin === server.issuer) return 'accepted';
    const { error, error_description: description } = Object.fromEntries(location.searchParams);
    return `${error}: ${description}`;
  }

  const ways: Record<string, (client: string, parameters: Parameters) => Promise<string>> = {
    'GET /authorize': async (client, parameters) =>
      outcome(await new UserAgent().get(requestOf(client, parameters).url)),
    'POST /authorize': async (client, parameters) => {
      const agent = new UserAgent();
      const { url } = requestOf(client, parameters);
      const posted = await agent.post(`${server.issuer}/authorize`, url.searchParams);
      assert.equal(posted.status, 303);
      return outcome(await agent.get(new URL(posted.headers.get('location') ?? '', server.issuer)));
    },
    'POST /par': async (client, parameters) => {
      const form = requestOf(client, parameters).url.searchParams;
      const headers = client === SPA ? undefined : { Authorization: basic({ id: client, secret: SECRET }) };
      const response = await fetch(`${server.issuer}/par`, {
        method: 'POST',
        ...(headers !== undefined && { headers }),
        body: form,
      });
      const body = (await response.json()) as Record<string, string>;
      if (response.status !== 201) return `${body.error}: ${body.error_description}`;
      const reference = { client_id: client, request_uri: body.request_uri as string };
      const url = `${server.issuer}/authorize?${new URLSearchParams(reference).toString()}`;
      return outcome(await new UserAgent().get(url));
    },
  };

  const cases: [client: string, what: string, parameters: Parameters, expected: string][] = [
    ...['default', 'nonce'].flatMap((client): [string, string, Parameters, string][] => [
      [client, 'a challenge', { nonce: undefined }, 'accepted'],
      [client, 'a nonce', NO_CHALLENGE, 'accepted'],
      [client, 'both', {}, 'accepted'],
      [client, 'neither', NEITHER, `invalid_request: ${MISSING_BOTH}`],
      [client, 'an empty nonce', { ...NO_CHALLENGE, nonce: '' }, `invalid_request: ${MISSING_BOTH}`],
      [client, 'a nonce of spaces', { ...NO_CHALLENGE, nonce: '  ' }, `invalid_request: ${MISSING_BOTH}`],
      [
        client,
        'neither, without openid',
        { ...NEITHER, scope: 'messages:read' },
        `invalid_request: ${MISSING_CHALLENGE}`,
      ],
      [
        client,
        'a nonce, without openid',
        { ...NO_CHALLENGE, scope: 'messages:read' },
        'invalid_request: openid scope must be requested when using the nonce parameter',
      ],
    ]),
    ...['required', 'former-true'].flatMap((client): [string, string, Parameters, string][] => [
      [client, 'a challenge', { nonce: undefined }, 'accepted'],
      [client, 'a nonce', NO_CHALLENGE, `invalid_request: ${REQUIRED}`],
      [client, 'neither', NEITHER, `invalid_request: ${REQUIRED}`],
    ]),
    ...['optional', 'former-false'].flatMap((client): [string, string, Parameters, string][] => [
      [client, 'neither', NEITHER, 'accepted'],
      [client, 'a nonce', NO_CHALLENGE, 'accepted'],
      [client, 'a challenge', { nonce: undefined }, 'accepted'],
      [
        client,
        'a challenge by plain',
        { code_challenge_method: 'plain' },
        'invalid_request: not supported value of code_challenge_method',
      ],
    ]),
    [SPA, 'a challenge', { nonce: undefined }, 'accepted'],
    [SPA, 'a nonce', NO_CHALLENGE, `invalid_request: ${PUBLIC}`],
    [SPA, 'neither', NEITHER, `invalid_request: ${PUBLIC}`],
  ];
  for (const [way, ask] of Object.entries(ways)) {
    for (const [client, what, parameters, expected] of cases) {
      it(`${way}, client ${client}, ${what}: ${expected}`, async () => {
        assert.equal(await ask(client, parameters), expected);
      });
    }
  }

  it('a nonce is no proof for a client that has no openid scope', async () => {
    for (const ask of Object.values(ways)) {
      assert.match(await ask('no-openid', NO_CHALLENGE), /^invalid_(?:request|scope): /);
    }
  });

  for (const client of ['default', 'required', 'optional', 'former-false']) {
    for (const [sent, proof] of [
      ['a challenge', { nonce: undefined }],
      ['a nonce', NO_CHALLENGE],
    ] as const) {
      if (client === 'required' && sent === 'a nonce') continue;
      it(`a code of ${client} for a request with ${sent} is redeemed that way only (RFC 9700 §4.8.2)`, async () => {
        const request = requestOf(client, proof);
        const back = await authorize(new UserAgent(), request);
        const fields = {
          grant_type: 'authorization_code',
          code: back.searchParams.get('code') ?? '',
          redirect_uri: WEB.redirectUri,
        };
        const verified = { ...fields, code_verifier: request.verifier };
        const [right, wrong] = sent === 'a challenge' ? [verified, fields] : [fields, verified];
        const redeem = (form: Record<string, string>) =>
          token(server.issuer, form, { id: client, secret: SECRET });
        const { body: refused } = await redeem(wrong);
        assert.equal(refused.error, 'invalid_grant');
        const detail = (refused as unknown as Record<string, unknown>).error_detail;
        assert.equal(
          detail,
          sent === 'a challenge'
            ? 'code_verifier is missing; the authorization request had a code_challenge (RFC 7636 §4.6)'
            : 'the request has a code_verifier, the authorization request had no code_challenge (RFC 9700 §4.8.2)',
        );
        assert.equal((await redeem(right)).response.status, 200);
      });
    }
  }

  it('a nonce is in the ID token of the code, and the same in that of a refresh', async () => {
    const request = requestOf('default', {
      ...NO_CHALLENGE,
      scope: 'openid offline_access',
      prompt: 'consent',
    });
    const client = { id: 'default', secret: SECRET };
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') ?? '';
    const grant = { grant_type: 'authorization_code', code, redirect_uri: WEB.redirectUri };
    const { body } = await token(server.issuer, grant, client);
    assert.equal(decodeJwt(body.id_token ?? '').nonce, request.nonce);
    const refresh = { grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' };
    const { body: refreshed } = await token(server.issuer, refresh, client);
    assert.equal(decodeJwt(refreshed.id_token ?? '').nonce, request.nonce);
  });

  it('the log says what the client and the operator can do', async () => {
    await new UserAgent().get(requestOf('default', NEITHER).url);
    await new UserAgent().get(requestOf('required', NEITHER).url);
    await new UserAgent().get(requestOf(SPA, NEITHER).url);
    for (const detail of [
      'pkce of the client is required_or_nonce; turn on PKCE with S256 in the client, or a nonce with the scope openid (RFC 9700 §2.1.1); if it has no such setting, register it with `pkce: optional`: in the file that declares it, or by `signet client update default --pkce optional`',
      'pkce of the client is required; turn on PKCE with S256 in the client; if it has no such setting, register it with `pkce: required_or_nonce`: in the file that declares it, or by `signet client update required --pkce required_or_nonce`',
      'pkce of the client is required; turn on PKCE with S256 in the client (RFC 7636)',
    ]) {
      assert.ok(server.logged.includes(JSON.stringify(detail).slice(1, -1)), detail);
    }
  });

  it('the former name is shown as the present one, and is no change at the next start', async () => {
    const operator = await operate(server);
    try {
      const [stored] = [await operator.clients.find('former-false')];
      assert.deepEqual([stored?.metadata.pkce, stored?.metadata.require_pkce], ['optional', undefined]);
      const { changed } = await operator.clients.reconcile(server.config.clients);
      assert.deepEqual(changed, []);
    } finally {
      await operator.close();
    }
  });
});
