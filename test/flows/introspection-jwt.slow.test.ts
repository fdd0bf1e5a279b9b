import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { compactDecrypt, createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import * as library from 'openid-client';
import { SIGNING_ALGORITHMS } from '../../src/config/signing-algorithms.ts';
import { basic, signIn, token, type TokenResponse } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { APIS, client, CLIENTS, SECRET } from './introspection-parties.ts';

const JWT = 'application/token-introspection+jwt';
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'enc' }] };

const introspecting = (id: string, members: object = {}) => ({
  client_id: id,
  client_secret: SECRET,
  grant_types: [],
  ...members,
});
const BY_ALGORITHM = [...SIGNING_ALGORITHMS, 'HS256'].map((alg) =>
  introspecting(`api-${alg}`, { introspection_signed_response_alg: alg }),
);
const ENCRYPTED = introspecting('api-encrypted', {
  introspection_encrypted_response_alg: 'ECDH-ES',
  introspection_encrypted_response_enc: 'A128GCM',
  jwks,
});
const [API] = APIS;

describe('Introspection responses as JWTs (RFC 9701)', () => {
  let server: TestServer;
  let tokens: TokenResponse;
  let machine: string;
  before(async () => {
    const readers = [...BY_ALGORITHM, ENCRYPTED];
    server = await startTestServer({
      signingAlgorithms: [...SIGNING_ALGORITHMS],
      apis: [{ ...API!, introspectionClients: ['orders-api', ...readers.map((each) => each.client_id)] }],
      clients: [
        ...CLIENTS.map((each) =>
          each.client_id === 'app'
            ? Object.assign({}, each, { introspection_signed_response_alg: 'ES256', first_party: true })
            : each,
        ),
        ...readers,
      ],
    });
    const parameters = { scope: 'openid profile email' };
    ({ tokens } = await signIn(server.issuer, { client: client('app'), parameters }));
    const grant = { grant_type: 'client_credentials', scope: 'orders:read' };
    machine = (await token(server.issuer, grant, client('machine'))).body.access_token;
  });
  after(() => server.stop());

  const keySet = () => createRemoteJWKSet(new URL('/jwks', server.issuer));
  const post = async (id: string, value: string, accept: string | undefined = JWT) =>
    await fetch(`${server.issuer}/introspect`, {
      method: 'POST',
      headers: { Authorization: basic(client(id)), ...(accept !== undefined && { Accept: accept }) },
      body: new URLSearchParams({ token: value }),
    });
  async function verified(id: string, value: string, alg: string): Promise<JWTPayload> {
    const response = await post(id, value);
    assert.deepEqual(
      [response.status, response.headers.get('content-type'), response.headers.get('cache-control')],
      [200, `${JWT}; charset=utf-8`, 'no-store'],
    );
    const options = {
      issuer: server.issuer,
      audience: id,
      algorithms: [alg],
      typ: 'token-introspection+jwt',
    };
    const jwt = await response.text();
    const { payload } = alg.startsWith('HS')
      ? await jwtVerify(jwt, Buffer.from(SECRET), options)
      : await jwtVerify(jwt, keySet(), options);
    return payload;
  }
  const inJson = async (id: string, value: string): Promise<unknown> =>
    await (await post(id, value, 'application/json')).json();

  for (const { client_id: id } of BY_ALGORITHM) {
    const alg = id.slice('api-'.length);
    it(`${alg}: of a JWT for the API, with the members of the response in JSON`, async () => {
      const { token_introspection: response, iat, ...others } = await verified(id, machine, alg);
      assert.deepEqual(response, await inJson(id, machine));
      assert.equal((response as { active: boolean }).active, true);
      assert.equal(typeof iat, 'number');
      assert.deepEqual(others, { iss: server.issuer, aud: id });
    });
  }

  it('of opaque access tokens and refresh tokens, with the members that Signet adds', async () => {
    const { token_introspection: response } = await verified('app', tokens.access_token, 'ES256');
    assert.deepEqual(response, await inJson('app', tokens.access_token));
    const { username, aud } = response as Record<string, unknown>;
    assert.deepEqual([username, aud], ['alice', `${server.issuer}/userinfo`]);
  });

  it('of a JWT of a person, with the username', async () => {
    const parameters = { scope: 'openid profile orders:read' };
    const { access_token: jwt } = (await signIn(server.issuer, { client: client('app'), parameters })).tokens;
    for (const [id, alg] of [
      ['app', 'ES256'],
      ['api-PS256', 'PS256'],
    ] as const) {
      const { token_introspection: response } = await verified(id, jwt, alg);
      assert.equal((response as { username?: string }).username, 'alice');
      assert.deepEqual(response, await inJson(id, jwt));
    }
  });

  it('of a token that is not active, or of another client', async () => {
    for (const value of ['unknown', 'a.b.c', tokens.access_token, `${machine}x`]) {
      const { token_introspection: response } = await verified('api-ES256', value, 'ES256');
      assert.deepEqual(response, { active: false }, value);
    }
  });

  it('are RS256 for a client that has registered no algorithm (RFC 9701 §6)', async () => {
    await verified('orders-api', machine, 'RS256');
  });

  it('are sent only where the request prefers them', async () => {
    for (const [accept, expected] of [
      ['application/json', 'application/json'],
      ['*/*', 'application/json'],
      ['application/*', 'application/json'],
      [`${JWT}, application/json`, JWT],
      [`${JWT};q=0.5, application/json`, 'application/json'],
      ['Application/Token-Introspection+JWT', JWT],
      ['text/html', 'application/json'],
    ] as const) {
      for (const value of [machine, 'unknown']) {
        const type = (await post('api-ES256', value, accept)).headers.get('content-type');
        assert.equal(type, `${expected}; charset=utf-8`, accept);
      }
    }
  });

  it('are encrypted for a client that has registered it, and JSON is refused', async () => {
    for (const value of [machine, 'unknown']) {
      const response = await post('api-encrypted', value);
      const { plaintext, protectedHeader } = await compactDecrypt(await response.text(), privateKey);
      assert.deepEqual([protectedHeader.alg, protectedHeader.enc], ['ECDH-ES', 'A128GCM']);
      const { payload } = await jwtVerify(plaintext, keySet(), {
        audience: 'api-encrypted',
        algorithms: ['RS256'],
        typ: 'token-introspection+jwt',
      });
      assert.equal((payload.token_introspection as { active: boolean }).active, value === machine);
      const refused = await post('api-encrypted', value, 'application/json');
      assert.equal(refused.status, 400);
      const { error, error_description: description } = (await refused.json()) as Record<string, string>;
      assert.equal(error, 'invalid_request');
      assert.match(description!, /must be requested with Accept: application\/token-introspection\+jwt/);
    }
  });

  it('are accepted by openid-client', async () => {
    const configuration = await library.discovery(
      new URL(server.issuer),
      'api-PS256',
      { introspection_signed_response_alg: 'PS256' },
      library.ClientSecretBasic(SECRET),
      { execute: [library.allowInsecureRequests, library.enableNonRepudiationChecks] },
    );
    const { active, client_id: owner } = await library.tokenIntrospection(configuration, machine);
    assert.deepEqual([active, owner], [true, 'machine']);
  });
});
