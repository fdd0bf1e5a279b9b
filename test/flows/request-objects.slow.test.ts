import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { decodeJwt } from 'jose';
import { openStore } from '../../src/store/open.ts';
import { ClientServer } from '../support/client-server.ts';
import { withClock } from '../support/clock.ts';
import { authorize, basic, redeem, signIn } from '../support/flow.ts';
import { byValue, SigningClient, VERIFIER } from '../support/request-object.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

/** The form of these tests: a person is signed in, and the client is first-party, so that a valid request is answered at once. */
describe('Request objects (RFC 9101, OpenID Connect Core §6)', () => {
  const documents = new ClientServer();
  let server: TestServer;
  let agent: UserAgent;
  let client: SigningClient;
  let strict: SigningClient;
  before(async () => {
    client = await SigningClient.create('signing');
    strict = await SigningClient.create('strict', 'PS256');
    const required = { require_signed_request_object: true, request_object_signing_alg: 'PS256' as const };
    await documents.start();
    server = await startTestServer({
      outbound: { privateNetworks: true },
      apis: [{ audience: 'https://api.example', name: 'API', scopes: { read: 'Read' } }],
      clients: [
        { ...client.metadata, scope: 'openid email read' },
        { ...strict.metadata, ...required },
      ],
    });
    // Metadata has https only, which a server on this machine has no certificate for.
    const store = await openStore(server.config.store, { clock: Date.now });
    await store.clients.update(client.id, (current) => ({
      ...current,
      metadata: { ...current.metadata, request_uris: [`${documents.origin}/request.jwt`] },
    }));
    await store.close();
    ({ agent } = await signIn(server.issuer));
  });
  after(async () => {
    await server.stop();
    await documents.stop();
  });

  /** @returns the parameters of the response at the redirect URI */
  async function answerTo(parameters: Record<string, string>, by = agent): Promise<URLSearchParams> {
    const { url, response } = await by.follow(byValue(server.issuer, parameters));
    if (!url.href.startsWith(client.redirectUri))
      return new URLSearchParams({ page: `${response.status} ${await response.text()}` });
    return url.searchParams;
  }

  async function push(form: Record<string, string>, by = client): Promise<Response> {
    const headers = { Authorization: basic(by) };
    return await fetch(`${server.issuer}/par`, { method: 'POST', headers, body: new URLSearchParams(form) });
  }

  it('by value: its parameters count, those beside it do not (RFC 9101 §6.3)', async () => {
    const request = await client.object(server.issuer);
    const outside = { state: 'outside', redirect_uri: client.redirectUri, max_age: 'x', nonce: 'outside' };
    const back = await answerTo({ client_id: client.id, request, ...outside });
    assert.equal(back.get('state'), 'inside');
    const { body } = await redeem(
      server.issuer,
      String(back.get('code')),
      { verifier: VERIFIER } as never,
      client,
    );
    assert.equal(decodeJwt(String(body.id_token)).nonce, 'nonce');
  });

  it('takes the algorithms and the types that libraries write', async () => {
    for (const [signer, header] of [
      [client, { typ: undefined }],
      [client, { typ: 'JWT', kid: undefined }],
      [client, { x5t: 'AAAA', jku: 'https://evil.example/keys' }],
      [strict, {}],
    ] as const) {
      const request = await signer.object(server.issuer, {}, header);
      const back = await answerTo({ client_id: signer.id, request, response_type: 'code', scope: 'openid' });
      assert.ok(back.has('code'), `${JSON.stringify(header)} ${back.toString()}`);
    }
  });

  it('scope and resource in it are read as those of a request without an object', async () => {
    for (const change of [
      { scope: ' openid  email ' },
      { unknown: { nested: [null] }, max_age: 3600, resource: [] },
    ]) {
      const request = await client.object(server.issuer, change);
      assert.ok((await answerTo({ client_id: client.id, request })).has('code'), JSON.stringify(change));
    }
    const request = await client.object(server.issuer, {
      resource: 'https://api.example/',
      scope: 'openid read',
    });
    const pushed = await push({ request });
    const { request_uri: uri } = (await pushed.json()) as { request_uri: string };
    for (const parameters of [{ request }, { request_uri: uri }]) {
      const back = await answerTo({ client_id: client.id, ...parameters });
      assert.ok(back.has('code'), back.toString());
    }
  });

  it('in a clock ten seconds ahead or behind, and without exp', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const [changes, error] of [
      [{ iat: now + 9, nbf: now + 9, exp: undefined }, null],
      [{ iat: now - 5, exp: now - 5 }, null],
      [{ nbf: now + 60 }, 'invalid_request_object'],
      [{ exp: now - 60 }, 'invalid_request_object'],
    ] as const) {
      const request = await client.object(server.issuer, changes);
      const back = await answerTo({ client_id: client.id, request, redirect_uri: client.redirectUri });
      assert.equal(back.get('error'), error, JSON.stringify(changes));
    }
  });

  it('is required of a client that is registered so, also at /par', async () => {
    const plain = {
      client_id: strict.id,
      response_type: 'code',
      redirect_uri: strict.redirectUri,
      scope: 'openid',
    };
    const back = await answerTo(plain);
    assert.deepEqual(
      [back.get('error'), back.get('error_description')],
      ['invalid_request', 'Request Object must be used by this client'],
    );
    assert.equal((await push(plain, strict)).status, 400);
  });

  it('is pushed (RFC 9126 §3), and its request_uri works in a browser', async () => {
    const response = await push({ request: await strict.object(server.issuer) }, strict);
    assert.equal(response.status, 201);
    const { request_uri: uri } = (await response.json()) as { request_uri: string };
    const back = await answerTo({ client_id: strict.id, request_uri: uri });
    assert.ok(back.has('code') && back.get('state') === 'inside', back.toString());
  });

  it('by reference: fetched from a registered URL, whose fragment is the version of the object (Core §6.2)', async () => {
    documents.reset();
    const uri = `${documents.origin}/request.jwt`;
    const fetched = async (fragment: string, state: string): Promise<string | null> => {
      const object = await client.object(server.issuer, { state });
      documents.answer = (_request, response) =>
        void response.setHeader('Content-Type', 'application/oauth-authz-req+jwt').end(object);
      const hash = fragment === 'hash' ? createHash('sha256').update(object).digest('base64url') : fragment;
      const request_uri = hash === '' ? uri : `${uri}#${hash}`;
      return (
        await answerTo({ client_id: client.id, request_uri, response_type: 'code', scope: 'openid' })
      ).get('state');
    };
    assert.equal(await fetched('', 'first'), 'first');
    assert.equal(await fetched('', 'second'), 'first', 'cached');
    assert.equal(await fetched('hash', 'third'), 'third');
    // The signature makes an object genuine, not the fragment.
    assert.equal(await fetched('anything', 'fourth'), 'fourth');
    assert.equal(documents.requests.length, 3);
    assert.deepEqual(new Set(documents.requests.map(({ url }) => url)), new Set(['/request.jwt']));
  });

  it('by reference: fetched again when the cached object has expired', async () => {
    documents.reset();
    const request_uri = `${documents.origin}/request.jwt#expires`;
    await withClock(async (time) => {
      for (const state of ['early', 'late']) {
        const object = await client.object(server.issuer, { state });
        documents.answer = (_request, response) => void response.end(object);
        const back = await answerTo({ client_id: client.id, request_uri });
        assert.equal(back.get('state'), state);
        time.advance(90);
      }
    });
  });

  it('by reference: what cannot be fetched is invalid_request_uri, with nothing that tells why', async () => {
    documents.reset();
    documents.answer = (_request, response) => void response.writeHead(404).end();
    const uri = `${documents.origin}/request.jwt#gone`;
    const back = await answerTo({
      client_id: client.id,
      request_uri: uri,
      redirect_uri: client.redirectUri,
      state: 's',
    });
    assert.equal(back.get('error'), 'invalid_request_uri');
    assert.equal(back.get('error_description'), 'request object could not be fetched');
    assert.equal(back.get('state'), 's');
  });

  it('an error is answered in the registered mode that the object asks for', async () => {
    const request = await client.object(server.issuer, {
      response_mode: 'form_post',
      scope: 'openid evil',
      prompt: 'x',
    });
    const response = await agent.get(byValue(server.issuer, { client_id: client.id, request }));
    assert.equal(response.status, 400);
    assert.match(await response.text(), /name="error" value="invalid_request"/);
  });

  it('discovery says so', async () => {
    const response = await fetch(`${server.issuer}/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    const names = Object.keys(metadata).filter((name) => /^(?:require_)?(?:signed_)?request_/.test(name));
    assert.deepEqual(Object.fromEntries(names.map((name) => [name, metadata[name]])), {
      request_parameter_supported: true,
      request_uri_parameter_supported: true,
      require_request_uri_registration: true,
      request_object_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA', 'HS256'],
    });
  });

  it('in development, the error says what is wrong', async () => {
    const other = await SigningClient.create(client.id);
    const outside = { client_id: client.id, redirect_uri: client.redirectUri };
    const detail = async (request: string): Promise<string> =>
      String((await answerTo({ ...outside, request })).get('error_detail'));
    assert.match(
      await detail(await client.object(server.issuer, { aud: 'https://other.example' })),
      /^aud is "https:\/\/other\.example"; it must be the issuer, /,
    );
    assert.match(
      await detail(await client.object(server.issuer, { iss: undefined })),
      /^iss is missing; it must be the client_id, "signing"/,
    );
    assert.match(
      await detail(await other.object(server.issuer)),
      /^the signature by alg "ES256" and kid "one" fits no registered key; registered: EC with kid "one"/,
    );
    const wrongAlg = await (await SigningClient.create(strict.id, 'ES256')).object(server.issuer);
    const back = await answerTo({
      client_id: strict.id,
      redirect_uri: client.redirectUri,
      request: wrongAlg,
    });
    assert.equal(
      back.get('error_detail'),
      'alg is "ES256"; request_object_signing_alg of the client is PS256',
    );
  });

  it('waits for a sign-in, also when it is longer than a cookie', async () => {
    const noise = (length: number): string =>
      String.fromCharCode(...Array.from({ length }, () => 33 + randomInt(94)));
    const long = {
      state: noise(2048),
      nonce: noise(512),
      login_hint: noise(320),
      acr_values: noise(256),
      ui_locales: noise(256),
      claims_locales: noise(256),
    };
    const pushed = await push({
      ...(client.claims(server.issuer, long) as Record<string, string>),
    });
    const { request_uri: uri } = (await pushed.json()) as { request_uri: string };
    const byReference = byValue(server.issuer, { client_id: client.id, request_uri: uri });
    const answer = await authorize(new UserAgent(), { url: byReference } as never);
    assert.equal(answer.searchParams.get('state'), long.state);
    for (const changes of [{}, { ...long, response_mode: 'query' }]) {
      const request = await client.object(server.issuer, changes);
      const url = byValue(server.issuer, { client_id: client.id, request });
      const cookies = (await new UserAgent().get(url)).headers.getSetCookie();
      const cookie = cookies.find((each) => each.includes('request='));
      assert.ok(cookie !== undefined && cookie.length < 1300, cookie);
      const back = await authorize(new UserAgent(), { url } as never);
      assert.ok(back.searchParams.has('code'), back.href.slice(0, 200));
      assert.equal(back.searchParams.get('state'), 'state' in changes ? changes.state : 'inside');
    }
  });
});
