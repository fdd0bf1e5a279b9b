import assert from 'node:assert/strict';
import { jwtVerify } from 'jose';
import type { AuditEvent } from '../../src/store/store.ts';
import { openStore } from '../../src/store/open.ts';
import { authorizationRequest, basic, signIn } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { eventually } from '../support/eventually.ts';
import { type Answer, APP, call, outcome, register } from './client.ts';

const REFUSED = '401 invalid_token: registration access token is missing or not valid';

describe('Management of a registration (RFC 7592)', () => {
  let server: TestServer;
  let registered: Answer['body'];
  let url: string;
  let token: string;
  before(async () => void (server = await startTestServer({ registration: 'open' })));
  after(() => server.stop());
  beforeEach(async () => {
    registered = (await register(server.issuer, APP)).body;
    url = String(registered.registration_client_uri);
    token = String(registered.registration_access_token);
  });

  const put = (changes: object): Promise<Answer> => {
    // What the suite and RFC 7592 §2.2 send: the answer without what is not metadata.
    const {
      registration_access_token: _token,
      registration_client_uri: _uri,
      client_secret_expires_at: _end,
      client_id_issued_at: _at,
      ...current
    } = registered;
    return call(url, { method: 'PUT', token, body: { ...current, ...changes } });
  };

  it('reads what is registered, without the secret, of which only a digest is stored (§2.1)', async () => {
    const { client_secret: _secret, ...others } = registered;
    const { status, body, headers } = await call(url, { method: 'GET', token });
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.deepEqual(body, others);
  });

  it('replaces the metadata: what is left out is removed (§2.2)', async () => {
    const { body } = await put({ client_name: undefined, redirect_uris: ['https://app.example.com/new'] });
    assert.equal(body.client_name, undefined);
    assert.equal(body.client_id, registered.client_id);
    assert.deepEqual(body.redirect_uris, ['https://app.example.com/new']);
    assert.deepEqual((await call(url, { method: 'GET', token })).body, body);
  });

  it('takes effect at once in the process that has answered', async () => {
    const uri = 'https://app.example.com/new';
    const ask = async (redirectUri: string) => {
      const { url: address } = authorizationRequest(server.issuer, {
        client_id: String(registered.client_id),
        redirect_uri: redirectUri,
      });
      return (await fetch(address, { redirect: 'manual' })).status;
    };
    assert.equal(await ask(uri), 400);
    assert.equal((await put({ redirect_uris: [uri] })).status, 200);
    assert.equal(await ask(uri), 303);
    assert.equal((await call(url, { method: 'DELETE', token })).status, 204);
    assert.equal(await ask(uri), 400);
  });

  it('seals the secret of the request when it becomes a key for HS256, and forgets it afterwards', async () => {
    const secret = String(registered.client_secret);
    const hmac = { id_token_signed_response_alg: 'HS256' };
    const needed = await put({ ...hmac, client_secret: undefined });
    assert.match(outcome(needed), /^400 invalid_client_metadata: client_secret: must be in the request/);
    assert.equal(outcome(await put(hmac)), '200');
    const isSigned = async (body: Answer['body'], key: unknown) => {
      const { tokens } = await signInAs({ ...body, client_secret: key });
      await jwtVerify(String(tokens.id_token), Buffer.from(String(key)), { algorithms: ['HS256'] });
    };
    await isSigned(registered, secret);
    assert.equal(outcome(await put({ ...hmac, client_secret: undefined, client_name: 'Other' })), '200');
    await put({ id_token_signed_response_alg: undefined });
    const store = await openStore(server.config.store, { clock: Date.now });
    const record = await store.clients.find(String(registered.client_id));
    await store.close();
    assert.equal(record?.secrets[0]?.sealed, undefined);
    const other = (await register(server.issuer, { ...APP, ...hmac })).body;
    await isSigned(other, other.client_secret);
  });

  it('keeps the instance, so that tokens stay valid', async () => {
    const { tokens, client } = await signInAs(registered);
    assert.equal((await put({ client_name: 'New name' })).status, 200);
    const userinfo = await fetch(`${server.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    assert.equal(userinfo.status, 200);
    assert.equal((await introspect(tokens.access_token, client)).active, true);
  });

  it('compares the secret and the id, which a client cannot choose (§2.2)', async () => {
    assert.equal(
      outcome(await put({ client_secret: 'x'.repeat(43) })),
      '400 invalid_client_metadata: client_secret: is not the secret of the client, which cannot choose another',
    );
    assert.equal(
      outcome(await put({ client_id: 'other' })),
      '400 invalid_client_metadata: client_id: must be the id of the client',
    );
    assert.equal((await put({ client_secret: undefined })).status, 200);
  });

  it('makes a secret for a client that needs one now, and drops that of a public one', async () => {
    const open = await put({ token_endpoint_auth_method: 'none', client_secret: undefined });
    assert.equal(open.body.client_secret_expires_at, undefined);
    const closed = await put({ client_secret: undefined });
    assert.match(String(closed.body.client_secret), /^[\w-]{43}$/);
    assert.notEqual(closed.body.client_secret, registered.client_secret);
  });

  it('removes the client: its tokens and its registration token end (§2.3)', async () => {
    const { tokens } = await signInAs(registered);
    assert.deepEqual((await call(url, { method: 'DELETE', token })).body, {});
    for (const method of ['GET', 'DELETE'])
      assert.equal(outcome(await call(url, { method, token })), REFUSED);
    assert.equal(outcome(await put({})), REFUSED);
    const userinfo = await fetch(`${server.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    assert.equal(userinfo.status, 401);
  });

  it('H07: refuses the token of another client, and none, as for a client that does not exist', async () => {
    const other = (await register(server.issuer, APP)).body;
    const answers = await Promise.all([
      call(url, { method: 'GET', token: String(other.registration_access_token) }),
      call(url, { method: 'PUT', token: 'x'.repeat(43), body: registered }),
      call(url, { method: 'DELETE' }),
      call(`${server.issuer}/register/demo-web`, { method: 'GET', token }),
      call(`${server.issuer}/register/unknown`, { method: 'DELETE', token }),
    ]);
    assert.deepEqual(
      answers.map(outcome),
      Array.from(answers, () => REFUSED),
    );
    assert.match(answers[0]?.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token"/);
    assert.equal((await call(url, { method: 'GET', token })).status, 200);
  });

  it('records who did what', async () => {
    const id = String(registered.client_id);
    await put({ client_name: 'New name' });
    await call(url, { method: 'DELETE', token });
    const store = await openStore(server.config.store, { clock: Date.now });
    try {
      let events: AuditEvent[] = [];
      await eventually('three events are stored', async () => {
        events = await store.audit.list({ clientId: id, limit: 10 });
        return events.length === 3;
      });
      assert.deepEqual(
        events.map(({ type, actor }) => [type, actor]),
        [
          ['client.removed', { kind: 'client', id }],
          ['client.changed', { kind: 'client', id }],
          ['client.registered', undefined],
        ],
      );
    } finally {
      await store.close();
    }
  });

  async function signInAs({ client_id: id, client_secret: secret }: Answer['body']) {
    const client = { id: String(id), secret: String(secret), redirectUri: String(APP.redirect_uris[0]) };
    return { client, ...(await signIn(server.issuer, { client })) };
  }

  async function introspect(accessToken: string, client: { id: string; secret: string }) {
    const response = await fetch(`${server.issuer}/introspect`, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: new URLSearchParams({ token: accessToken }),
    });
    return (await response.json()) as { active: boolean };
  }
});
