import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createClients } from '../../src/clients/clients.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import { burst } from '../support/burst.ts';
import { withClock } from '../support/clock.ts';
import {
  API,
  authorizationRequest,
  authorize,
  basic,
  redeem,
  signIn,
  token,
  type TokenResponse,
} from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const REDIRECT_URI = 'http://localhost:3002/callback';
const SECRET = 'a-secret-of-more-than-32-characters';

describe('kinds of clients', () => {
  let server: TestServer;
  let assertionKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
  before(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    assertionKey = privateKey;
    const web = {
      client_secret: SECRET,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email messages:read',
    };
    server = await startTestServer({
      clients: [
        { ...web, client_id: 'first-party', first_party: true },
        { ...web, client_id: 'old', pkce: 'optional' },
        { ...web, client_id: 'claims', id_token_claims: true },
        {
          client_id: 'browser',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['http://localhost:5173/cb'],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'openid',
        },
        {
          client_id: 'desktop',
          application_type: 'native',
          token_endpoint_auth_method: 'none',
          redirect_uris: ['http://127.0.0.1/cb', 'com.example.app:/cb'],
          scope: 'openid',
        },
        {
          client_id: 'assertion',
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] },
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          scope: 'messages:read',
        },
      ],
    });
  });
  after(() => server.stop());

  const client = (id: string) => ({ id, secret: SECRET, redirectUri: REDIRECT_URI });

  it('first-party clients need no consent', async () => {
    const agent = new UserAgent();
    const request = authorizationRequest(server.issuer, {
      client_id: 'first-party',
      scope: 'openid messages:read',
    });
    const login = await agent.follow(request.url);
    const { url } = await agent.submit(
      { url: login.url, html: await login.response.text() },
      { login: 'alice', password: 'wonderland-tea-party' },
    );
    const { body } = await redeem(
      server.issuer,
      url.searchParams.get('code') as string,
      request,
      client('first-party'),
    );
    assert.equal(body.scope, 'openid messages:read');
  });

  it('a client may send a nonce instead of PKCE, and one that is registered for it neither', async () => {
    for (const [id, nonce] of [
      ['claims', 'a-nonce'],
      ['old', undefined],
    ] as const) {
      const request = authorizationRequest(server.issuer, {
        client_id: id,
        nonce,
        code_challenge: undefined,
        code_challenge_method: undefined,
      });
      const code = (await authorize(new UserAgent(), request)).searchParams.get('code') ?? '';
      const downgraded = await redeem(server.issuer, code, request, client(id));
      assert.equal(
        downgraded.body.error,
        'invalid_grant',
        'a verifier without a challenge (RFC 9700 §4.8.2)',
      );
      const fields = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI };
      assert.equal((await token(server.issuer, fields, client(id))).response.status, 200, id);
    }
  });

  it('id_token_claims puts claims into the ID token', async () => {
    const { tokens } = await signIn(server.issuer, { client: client('claims') });
    const claims = JSON.parse(
      Buffer.from((tokens.id_token as string).split('.')[1] as string, 'base64url').toString(),
    ) as Record<string, unknown>;
    assert.equal(claims.email, 'alice@example.com');
    assert.equal(claims.email_verified, true);
    assert.equal(claims.preferred_username, 'alice');
  });

  it('public clients redeem codes without a secret, from their own origins only (CORS)', async () => {
    const request = authorizationRequest(server.issuer, {
      client_id: 'browser',
      redirect_uri: 'http://localhost:5173/cb',
      scope: 'openid',
    });
    const callback = await authorize(new UserAgent(), request);
    const fields = {
      grant_type: 'authorization_code',
      client_id: 'browser',
      code: callback.searchParams.get('code') as string,
      redirect_uri: 'http://localhost:5173/cb',
      code_verifier: request.verifier,
    };
    const post = (origin: string) =>
      fetch(`${server.issuer}/token`, {
        method: 'POST',
        headers: { Origin: origin },
        body: new URLSearchParams(fields),
      });
    assert.equal((await post('https://evil.example')).status, 400);
    const response = await post('http://localhost:5173');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('access-control-allow-origin'), 'http://localhost:5173');
  });

  it('native clients use any loopback port and their own scheme, and no other redirect URI (RFC 8252 §7)', async () => {
    for (const [uri, accepted] of [
      ['http://127.0.0.1:51234/cb', true],
      ['com.example.app:/cb', true],
      ['http://127.0.0.1:51234/other', false],
      ['com.example.app:/other', false],
      ['http://localhost:51234/cb', false],
      ['https://127.0.0.1/cb', false],
    ] as const) {
      const { url } = authorizationRequest(server.issuer, {
        client_id: 'desktop',
        scope: 'openid',
        redirect_uri: uri,
      });
      const response = await new UserAgent().get(url);
      assert.equal(response.status, accepted ? 303 : 400, uri);
    }
  });

  it('assertions authenticate once, for the issuer alone, and not for long (RFC 7523)', async () => {
    const sign = (change: { aud?: string | string[]; exp?: number; jti?: string } = {}) =>
      new SignJWT({ jti: change.jti ?? randomUUID() })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer('assertion')
        .setSubject('assertion')
        .setAudience(change.aud ?? server.issuer)
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + (change.exp ?? 60))
        .sign(assertionKey);
    const body = (assertion: string) =>
      new URLSearchParams({
        grant_type: 'client_credentials',
        scope: 'messages:read',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      });
    const status = async (assertion: string) =>
      (await fetch(`${server.issuer}/token`, { method: 'POST', body: body(assertion) })).status;
    const good = await sign();
    assert.equal(await status(good), 200);
    assert.equal(await status(good), 401, 'replayed');
    assert.equal(await status(await sign({ aud: `${server.issuer}/token` })), 401);
    assert.equal(await status(await sign({ aud: [server.issuer, 'https://other.example'] })), 401);
    assert.equal(await status(await sign({ exp: 10 * 365 * 86_400 })), 401);

    for (let round = 0; round < 5; round += 1) {
      const answers = await burst(
        [Number(new URL(server.issuer).port)],
        {
          path: '/token',
          host: new URL(server.issuer).host,
          headers: {},
          body: body(await sign()).toString(),
        },
        50,
      );
      assert.equal(answers.filter((answer) => answer.status === 200).length, 1);
      assert.equal(answers.filter((answer) => answer.status === 401).length, 49);
    }
  });

  it('after a rotation the old secret is valid until its overlap ends', async () => {
    await withClock(async (clock) => {
      const store = await openStore(server.config.store, { clock: () => Date.now() });
      const clients = createClients({
        store,
        ...metadataContext(server.config),
        audit: { record: () => {} },
        clock: () => Date.now(),
        sealer: createSealer(server.config),
      });
      const id = 'rotating';
      /** A running server caches clients for a second. */
      const status = async (secret: string | undefined) => {
        clock.advance(2);
        const client = { id, secret: secret as string };
        return (await token(server.issuer, { grant_type: 'client_credentials' }, client)).response.status;
      };
      const { secret: first } = await clients.add({
        client_id: id,
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
        scope: 'messages:read',
      });
      assert.equal(await status(first), 200);
      const { secret: second } = await clients.rotateSecret(id, { overlap: 3600 });
      assert.equal(await status(first), 200);
      assert.equal(await status(second), 200);
      clock.advance(3600);
      assert.equal(await status(first), 401);
      assert.equal(await status(second), 200);
      await clients.remove(id);
      assert.equal(await status(second), 401);
      await store.close();
    });
  });

  it('pushed authorization requests work once, for the client that pushed them (RFC 9126)', async () => {
    const { url, verifier } = authorizationRequest(server.issuer, {
      scope: 'openid messages:read',
      resource: API,
    });
    const push = async (parameters: URLSearchParams) =>
      await fetch(`${server.issuer}/par`, {
        method: 'POST',
        headers: { Authorization: basic({ id: 'demo-web', secret: 'demo-web-secret' }) },
        body: parameters,
      });
    const pushed = await push(url.searchParams);
    assert.equal(pushed.status, 201);
    const { request_uri: requestUri } = (await pushed.json()) as { request_uri: string };
    const reference = new URL(
      `/authorize?${new URLSearchParams({ client_id: 'demo-web', request_uri: requestUri }).toString()}`,
      server.issuer,
    );
    const callback = await authorize(new UserAgent(), { url: reference, verifier, state: '', nonce: '' });
    const { body }: { body: TokenResponse } = await redeem(
      server.issuer,
      callback.searchParams.get('code') as string,
      {
        url: reference,
        verifier,
        state: '',
        nonce: '',
      },
    );
    assert.equal(body.scope, 'messages:read');
    const again = await new UserAgent().get(reference);
    assert.equal(again.status, 400);
    url.searchParams.set('redirect_uri', 'https://evil.example/');
    assert.equal((await push(url.searchParams)).status, 400);
  });
});
