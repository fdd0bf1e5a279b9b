import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  compactDecrypt,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
  SignJWT,
} from 'jose';
import * as client from 'openid-client';
import { SIGNING_ALGORITHMS } from '../../src/config/signing-algorithms.ts';
import { openStore } from '../../src/store/open.ts';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, authorize, redeem, signIn, type TokenResponse } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const REDIRECT_URI = 'http://localhost:3002/callback';
const app = (id: string, secret = SECRET) => ({ id, secret, redirectUri: REDIRECT_URI });

const KEYS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
const jwks = {
  keys: Object.entries(KEYS).map(([kid, { publicKey }]) =>
    Object.assign(publicKey.export({ format: 'jwk' }), { kid, use: 'enc' }),
  ),
};

/** Client metadata by client_id. */
const CLIENTS = {
  hmac: {
    id_token_signed_response_alg: 'HS256',
    userinfo_signed_response_alg: 'HS256',
    scope: 'openid email offline_access',
    grant_types: ['authorization_code', 'refresh_token'] as ('authorization_code' | 'refresh_token')[],
  },
  'secret-jwt': { token_endpoint_auth_method: 'client_secret_jwt' as const },
  encrypted: {
    id_token_encrypted_response_alg: 'RSA-OAEP-256' as const,
    userinfo_signed_response_alg: 'PS256',
    userinfo_encrypted_response_alg: 'ECDH-ES' as const,
    userinfo_encrypted_response_enc: 'A256GCM' as const,
    jwks,
  },
  ...Object.fromEntries(
    SIGNING_ALGORITHMS.map((alg) => [`userinfo-${alg}`, { userinfo_signed_response_alg: alg }]),
  ),
};

describe('Algorithms by client', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer({
      signingAlgorithms: [...SIGNING_ALGORITHMS],
      clients: Object.entries(CLIENTS).map(([id, members]) =>
        Object.assign(
          { client_id: id, client_secret: SECRET, redirect_uris: [REDIRECT_URI] },
          { scope: 'openid email', first_party: true },
          members,
        ),
      ),
    });
    operator = await operate(server);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const keySet = () => createRemoteJWKSet(new URL('/jwks', server.issuer));
  const userinfo = async ({ access_token }: TokenResponse) => {
    const headers = { Authorization: `Bearer ${access_token}` };
    const response = await fetch(`${server.issuer}/userinfo`, { headers });
    return { type: response.headers.get('content-type'), body: await response.text() };
  };
  /** The response to a request without a page. */
  const silent = async (agent: UserAgent, id: string, hint: string): Promise<URLSearchParams> => {
    const { url } = authorizationRequest(server.issuer, {
      client_id: id,
      redirect_uri: REDIRECT_URI,
      scope: 'openid',
      prompt: 'none',
      id_token_hint: hint,
    });
    return new URL((await agent.get(url)).headers.get('location') as string).searchParams;
  };
  const verifiedBy = async (jwt: string, secret: string): Promise<boolean> =>
    await jwtVerify(jwt, Buffer.from(secret), { algorithms: ['HS256'], issuer: server.issuer }).then(
      () => true,
      () => false,
    );
  const discover = (
    id: string,
    authentication: client.ClientAuth,
    ...execute: ((configuration: client.Configuration) => void)[]
  ) => {
    const { jwks: _jwks, ...metadata } = { jwks, ...CLIENTS[id as keyof typeof CLIENTS] };
    return client.discovery(
      new URL(server.issuer),
      id,
      { ...metadata, client_secret: SECRET },
      authentication,
      {
        execute: [client.allowInsecureRequests, ...execute],
      },
    );
  };
  /** Signs in with openid-client, and fetches userinfo. */
  async function useLibrary(configuration: client.Configuration, id: string): Promise<string> {
    const request = authorizationRequest(server.issuer, {
      client_id: id,
      redirect_uri: REDIRECT_URI,
      scope: 'openid email',
    });
    const tokens = await client.authorizationCodeGrant(
      configuration,
      await authorize(new UserAgent(), request),
      { pkceCodeVerifier: request.verifier, expectedState: request.state, expectedNonce: request.nonce },
    );
    const claims = tokens.claims()!;
    const { email } = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
    assert.equal(typeof email, 'string');
    return tokens.id_token!;
  }

  it('HS256: ID tokens and userinfo, with the secret as the key, accepted by openid-client', async () => {
    const idToken = await useLibrary(await discover('hmac', client.ClientSecretBasic(SECRET)), 'hmac');
    assert.deepEqual(decodeProtectedHeader(idToken), { alg: 'HS256' });
    assert.equal(await verifiedBy(idToken, SECRET), true);
    const { tokens } = await signIn(server.issuer, { client: app('hmac'), parameters: { scope: 'openid' } });
    const { type, body } = await userinfo(tokens);
    assert.equal(type, 'application/jwt; charset=utf-8');
    assert.equal(await verifiedBy(body, SECRET), true);
  });

  it('HS256: an id_token_hint signs out and signs in without a page', async () => {
    const { agent, tokens } = await signIn(server.issuer, {
      client: app('hmac'),
      parameters: { scope: 'openid' },
    });
    const hint = tokens.id_token as string;
    assert.ok((await silent(agent, 'hmac', hint)).has('code'));
    const query = new URLSearchParams({ id_token_hint: hint });
    const answer = await agent.get(`${server.issuer}/logout?${query.toString()}`);
    assert.equal(answer.headers.get('location'), `${server.issuer}/logout/success?client_id=hmac`);
  });

  it('HS256: the older of two secrets signs until its overlap ends, and hints with either are accepted', async () => {
    await withClock(async (time) => {
      const signed = async (secret: string): Promise<{ idToken: string; agent: UserAgent }> => {
        const { agent, tokens } = await signIn(server.issuer, {
          client: app('hmac', secret),
          parameters: { scope: 'openid' },
        });
        return { idToken: tokens.id_token as string, agent };
      };
      const isHint = async ({ idToken, agent }: { idToken: string; agent: UserAgent }) =>
        (await silent(agent, 'hmac', idToken)).has('code');
      const first = await signed(SECRET);
      const { secret } = await operator.clients.rotateSecret('hmac', { overlap: 60 });
      time.advance(2);
      const during = await signed(secret);
      assert.deepEqual(
        [await verifiedBy(during.idToken, SECRET), await verifiedBy(during.idToken, secret)],
        [true, false],
      );
      const byNewer = await new SignJWT(decodeJwt(first.idToken))
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(secret));
      assert.deepEqual([await isHint(first), await isHint({ ...first, idToken: byNewer })], [true, true]);
      time.advance(60);
      const afterwards = await signed(secret);
      assert.deepEqual(
        [await verifiedBy(afterwards.idToken, SECRET), await verifiedBy(afterwards.idToken, secret)],
        [false, true],
      );
      assert.deepEqual(
        [await isHint(first), await isHint(during), await isHint(afterwards)],
        [false, false, true],
      );
    });
  });

  it('client_secret_jwt: accepted from openid-client, with each of two secrets', async () => {
    const use = async (secret: string) =>
      await useLibrary(await discover('secret-jwt', client.ClientSecretJwt(secret)), 'secret-jwt');
    assert.equal(decodeProtectedHeader(await use(SECRET)).alg, 'RS256');
    const { secret } = await operator.clients.rotateSecret('secret-jwt', { overlap: 60 });
    await withClock(async (time) => {
      time.advance(2);
      await use(SECRET);
      await use(secret);
      time.advance(60);
      await assert.rejects(use(SECRET), { error: 'invalid_client' });
    });
  });

  it('encrypted ID tokens and userinfo: signed first, accepted by openid-client', async () => {
    const configuration = await discover('encrypted', client.ClientSecretBasic(SECRET), (each) =>
      client.enableDecryptingResponses(
        each,
        ['A128CBC-HS256', 'A256GCM'],
        ...Object.entries(KEYS).map(([kid, { privateKey }]) => ({ key: toCryptoKey(privateKey), kid })),
      ),
    );
    client.enableNonRepudiationChecks(configuration);
    await useLibrary(configuration, 'encrypted');
    const { tokens } = await signIn(server.issuer, {
      client: app('encrypted'),
      parameters: { scope: 'openid' },
    });
    const { plaintext, protectedHeader } = await compactDecrypt(
      tokens.id_token as string,
      KEYS.rsa.privateKey,
    );
    assert.deepEqual(protectedHeader, {
      alg: 'RSA-OAEP-256',
      enc: 'A128CBC-HS256',
      cty: 'JWT',
      kid: 'rsa',
      iss: server.issuer,
      aud: 'encrypted',
    });
    const inner = Buffer.from(plaintext).toString();
    await jwtVerify(inner, keySet(), { audience: 'encrypted', algorithms: ['RS256'] });
    const { body } = await userinfo(tokens);
    const opened = await compactDecrypt(body, KEYS.ec.privateKey);
    assert.deepEqual([opened.protectedHeader.alg, opened.protectedHeader.enc], ['ECDH-ES', 'A256GCM']);
    await jwtVerify(opened.plaintext, keySet(), { audience: 'encrypted', algorithms: ['PS256'] });
  });

  it('encrypted ID tokens: the hint is the decrypted one (OpenID Connect Core §3.1.2.1), and the error says so', async () => {
    const { agent, tokens } = await signIn(server.issuer, {
      client: app('encrypted'),
      parameters: { scope: 'openid' },
    });
    const { plaintext } = await compactDecrypt(tokens.id_token as string, KEYS.rsa.privateKey);
    assert.ok((await silent(agent, 'encrypted', Buffer.from(plaintext).toString())).has('code'));
    const refused = await silent(agent, 'encrypted', tokens.id_token as string);
    assert.deepEqual(
      [refused.get('error'), refused.get('error_detail')],
      ['invalid_request', 'id_token_hint is encrypted; send the signed ID token that is in it'],
    );
  });

  for (const alg of SIGNING_ALGORITHMS) {
    it(`${alg}: userinfo, verified by jose`, async () => {
      const { tokens } = await signIn(server.issuer, { client: app(`userinfo-${alg}`) });
      const { body } = await userinfo(tokens);
      const { payload } = await jwtVerify(body, keySet(), {
        issuer: server.issuer,
        audience: `userinfo-${alg}`,
        algorithms: [alg],
      });
      assert.equal(typeof payload.email, 'string');
    });
  }

  it('a key for encryption that is missing is an error of the client', async () => {
    // As another program may have stored it: a key without `use` is for signatures.
    const opened = await openStore(server.config.store, { clock: Date.now });
    await opened.clients.update('encrypted', (current) => ({
      ...current,
      metadata: { ...current.metadata, jwks: { keys: jwks.keys.map(({ use: _use, ...key }) => key) } },
    }));
    await opened.close();
    await withClock(async (time) => {
      time.advance(2);
      const request = authorizationRequest(server.issuer, {
        client_id: 'encrypted',
        redirect_uri: REDIRECT_URI,
      });
      const code = (await authorize(new UserAgent(), request)).searchParams.get('code') as string;
      const { response, body } = await redeem(server.issuer, code, request, app('encrypted'));
      assert.deepEqual(
        [response.status, body.error, (body as { error_detail?: string }).error_detail],
        [
          400,
          'invalid_client_metadata',
          'the client has no key with use "enc" for RSA-OAEP-256, which its responses are encrypted with',
        ],
      );
    });
  });
});

function toCryptoKey(key: KeyObject): client.CryptoKey {
  return key.asymmetricKeyType === 'rsa'
    ? key.toCryptoKey({ name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['decrypt'])
    : key.toCryptoKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
}
