import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { withClock } from '../support/clock.ts';
import { API, basic, signIn, type TokenResponse, WEB } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { signAsServer } from '../support/own-keys.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const ORDERS = 'https://orders.example';
const SECRET = 'a-secret-of-more-than-32-characters';
const METADATA = {
  redirect_uris: [WEB.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  first_party: true,
  scope: 'openid profile email offline_access orders:read orders:write',
};
const SCOPE = 'openid email orders:read';
const OFFLINE = 'openid email offline_access orders:read';
const DAY = 24 * 60 * 60;

/** Userinfo accepts a JWT for as long as introspection calls it active, and for the scopes that introspection lists. */
describe('an access token for an API at userinfo, when something has ended', () => {
  let server: TestServer;
  let operator: Operator;
  let store: Store;
  let app: typeof WEB;
  let count = 0;
  before(async () => {
    server = await startTestServer({
      lifetimes: { session: '1d' },
      apis: [
        {
          audience: ORDERS,
          name: 'Orders',
          scopes: { 'orders:read': 'Read', 'orders:write': 'Write' },
          accessTokenLifetime: '7d',
        },
      ],
    });
    operator = await operate(server);
    store = await openStore(server.config.store, { clock: () => Date.now() });
  });
  const add = () => operator.clients.add({ client_id: app.id, ...METADATA }, { secret: SECRET });
  const newApp = async () => {
    // One for each test: the server caches a client for a second.
    count += 1;
    app = { id: `app-${count}`, secret: SECRET, redirectUri: WEB.redirectUri };
    await add();
  };
  beforeEach(newApp);
  after(async () => {
    await operator.close();
    await store.close();
    await server.stop();
  });

  const start = async (parameters: Record<string, string> = {}, agent = new UserAgent()) =>
    (await signIn(server.issuer, { agent, client: app, parameters: { scope: SCOPE, ...parameters } })).tokens;
  const post = (path: string, form: Record<string, string>) =>
    fetch(server.issuer + path, {
      method: 'POST',
      headers: { Authorization: basic(app) },
      body: new URLSearchParams(form),
    });
  const atUserinfo = (value: string) =>
    fetch(`${server.issuer}/userinfo`, { headers: { Authorization: `Bearer ${value}` } });
  const aliceId = async () => (await operator.accounts.findByUsername('alice'))?.id as string;

  /** @returns what userinfo and introspection say: claims and scopes, or `undefined` for both */
  async function seen({ access_token: value }: TokenResponse) {
    const response = await atUserinfo(value);
    const body = (await response.json()) as Record<string, unknown>;
    const introspected = await post('/introspect', { token: value });
    const { active, scope } = (await introspected.json()) as { active?: boolean; scope?: string };
    return {
      claims:
        response.status === 200 ? Object.keys(body).toSorted() : `${response.status} ${String(body.error)}`,
      scope: active === true ? scope : 'inactive',
    };
  }
  const ACTIVE = { claims: ['email', 'email_verified', 'sub'], scope: SCOPE };
  const ENDED = { claims: '401 invalid_token', scope: 'inactive' };
  /** In the middle of a change of a client, which is cached for a second. */
  const afterCache = (body: () => Promise<void>) =>
    withClock(async (clock) => {
      clock.advance(2);
      await body();
    });

  it('ends when it is revoked', async () => {
    const tokens = await start();
    assert.deepEqual(await seen(tokens), ACTIVE);
    assert.equal((await post('/revoke', { token: tokens.access_token })).status, 200);
    assert.deepEqual(await seen(tokens), ENDED);
  });

  it('ends with its grant', async () => {
    const tokens = await start();
    assert.equal((await post('/revoke', { token: tokens.refresh_token as string })).status, 200);
    assert.deepEqual(await seen(tokens), ENDED);
  });

  it('ends with the account', async () => {
    const tokens = await start();
    await operator.accounts.disable(await aliceId());
    assert.deepEqual(await seen(tokens), ENDED);
    await operator.accounts.enable(await aliceId());
    assert.deepEqual(await seen(tokens), ENDED);
  });

  it('ends with the consent', async () => {
    const tokens = await start();
    await operator.consents.withdraw(await aliceId(), app.id);
    assert.deepEqual(await seen(tokens), ENDED);
  });

  it('ends with the session, also with offline_access, when an operator ends it', async () => {
    const tokens = await start();
    const offline = await start({ scope: OFFLINE, prompt: 'consent' });
    assert.deepEqual(await seen(offline), { ...ACTIVE, scope: OFFLINE });
    const id = await aliceId();
    const { sessions } = await operator.sessions.list(id, { limit: 100 });
    for (const { handle } of sessions) await operator.sessions.end(id, handle);
    assert.deepEqual(await seen(tokens), ENDED);
    assert.deepEqual(await seen(offline), ENDED);
  });

  it('ends at sign-out, unless it has offline_access', async () => {
    const agent = new UserAgent();
    const offline = await start({ scope: OFFLINE, prompt: 'consent' }, agent);
    // With the same grant: it does not end with the session, the token does.
    const tokens = await start({}, agent);
    const { url, response } = await agent.follow(`${server.issuer}/logout`);
    await agent.submit({ url, html: await response.text() }, { logout: 'yes' });
    assert.deepEqual(await seen(tokens), ENDED);
    assert.deepEqual(await seen(offline), { ...ACTIVE, scope: OFFLINE });
  });

  it('ends when the session expires, for an API that was named too', async () => {
    await withClock(async (clock) => {
      const tokens = await start();
      const named = await start({ resource: ORDERS });
      const offline = await start({ scope: OFFLINE, prompt: 'consent' });
      clock.advance(2 * DAY);
      assert.deepEqual(await seen(tokens), ENDED);
      assert.deepEqual(await seen(named), ENDED);
      assert.deepEqual(await seen(offline), { ...ACTIVE, scope: OFFLINE });
    });
  });

  it('ends when the client is removed, and stays so when it is added again', async () => {
    const tokens = await start();
    await operator.clients.remove(app.id);
    await add();
    await afterCache(async () => assert.deepEqual(await seen(tokens), ENDED));
  });

  it('loses the scopes that the client has lost, and ends with its access to the API', async () => {
    const tokens = await start();
    const narrowTo = (scope: string) =>
      store.clients.update(app.id, (client) => ({ ...client, metadata: { ...client.metadata, scope } }));
    await withClock(async (clock) => {
      const seenWith = async (scope: string) => {
        await narrowTo(scope);
        // Clients are cached for a second.
        clock.advance(2);
        return await seen(tokens);
      };
      assert.deepEqual(await seenWith('openid orders:read'), {
        claims: ['sub'],
        scope: 'openid orders:read',
      });
      assert.deepEqual(await seenWith('openid email orders:write'), { ...ACTIVE, scope: 'openid email' });
      const withoutOpenid = { claims: '403 insufficient_scope', scope: 'email orders:read' };
      assert.deepEqual(await seenWith('email orders:read'), withoutOpenid);
      assert.deepEqual(await seenWith('openid email'), ENDED);
    });
  });

  it('is never replaced by a token without a scope', async () => {
    const tokens = await start({ scope: 'openid email' });
    await withClock(async (clock) => {
      await store.clients.update(app.id, (client) => ({
        ...client,
        metadata: { ...client.metadata, scope: 'orders:read' },
      }));
      clock.advance(2);
      const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
      const response = await post('/token', form);
      const { error, error_description: description } = (await response.json()) as Record<string, string>;
      assert.deepEqual(
        [error, description],
        ['invalid_scope', 'no requested scope is allowed for this client any more'],
      );
    });
  });

  it('is for the API alone after a refresh with a token of an earlier version, which has no mark', async () => {
    const tokens = await start();
    const id = tokens.refresh_token as string;
    const { claims, ...payload } = (await store.artifacts.find('RefreshToken', id)) ?? {};
    assert.deepEqual(claims, { inferred_resource: true });
    await store.artifacts.upsert('RefreshToken', id, { payload, expiresAt: payload.exp as number });
    const response = await post('/token', { grant_type: 'refresh_token', refresh_token: id });
    const next = (await response.json()) as TokenResponse;
    assert.deepEqual([decodeJwt(next.access_token).aud, next.scope], [ORDERS, 'orders:read']);
  });

  it('is active under a grant of an earlier version, which does not name its session', async () => {
    const tokens = await start();
    const first = decodeJwt(tokens.access_token);
    assert.equal(first.ends_with_session, true);
    const grantId = String(first.grant_id);
    const { sessionUid, ...payload } = (await store.artifacts.find('Grant', grantId)) ?? {};
    assert.equal(typeof sessionUid, 'string');
    await store.artifacts.upsert('Grant', grantId, { payload, expiresAt: payload.exp as number });
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    const next = (await (await post('/token', form)).json()) as TokenResponse;
    const answer = await (await post('/introspect', { token: next.access_token })).json();
    const { active } = answer as { active: boolean };
    assert.deepEqual([decodeJwt(next.access_token).ends_with_session, active], [undefined, true]);
  });

  it('has the single claims of its grant', async () => {
    const tokens = await start();
    const grantId = String(decodeJwt(tokens.access_token).grant_id);
    const grant = await store.artifacts.find('Grant', grantId);
    const openid = { ...(grant?.openid as object), claims: ['given_name', 'unknown'] };
    await store.artifacts.upsert('Grant', grantId, {
      payload: { ...grant, openid },
      expiresAt: grant?.exp as number,
    });
    const { claims } = await seen(tokens);
    assert.deepEqual(claims, ['email', 'email_verified', 'given_name', 'sub']);
  });

  it('has the account of the grant, whatever its subject is', async () => {
    const { access_token: value } = await start();
    const other = await signAsServer(server, 'RS256', { ...decodeJwt(value), sub: 'pairwise' });
    const response = await atUserinfo(other);
    assert.equal(((await response.json()) as { sub: string }).sub, decodeJwt(value).sub);
  });

  describe('that the server has signed with other claims', () => {
    let claims: Record<string, unknown>;
    before(async () => {
      await newApp();
      claims = decodeJwt((await start()).access_token);
    });

    const changes: Record<string, Record<string, unknown>> = {
      'bound to a key (RFC 9449)': { cnf: { jkt: 'x' } },
      'bound to a certificate (RFC 8705)': { cnf: { 'x5t#S256': 'x' } },
      'bound in a way that is unknown': { cnf: {} },
      'with a third audience': { aud: [ORDERS, 'USERINFO', ORDERS] },
      'with the audiences in another order': { aud: ['USERINFO', ORDERS] },
      'for userinfo alone': { aud: ['USERINFO'] },
      'for userinfo alone, as a text': { aud: 'USERINFO' },
      'for an unknown API': { aud: ['https://unknown.example', 'USERINFO'] },
      'for two APIs': { aud: [ORDERS, API] },
      'without an audience': { aud: [] },
      'of another client': { client_id: WEB.id },
      'of an unknown grant': { grant_id: 'unknown' },
      'without a grant': { grant_id: undefined },
      'that has expired': { exp: 1 },
    };
    for (const [what, change] of Object.entries(changes)) {
      it(`${what} is refused`, async () => {
        const text = JSON.stringify({ ...claims, ...change }).replaceAll(
          'USERINFO',
          `${server.issuer}/userinfo`,
        );
        const response = await atUserinfo(
          await signAsServer(server, 'RS256', JSON.parse(text) as Record<string, unknown>),
        );
        assert.equal(response.status, 401);
        assert.equal(((await response.json()) as { error: string }).error, 'invalid_token');
      });
    }

    it('is accepted without a change', async () => {
      assert.equal((await atUserinfo(await signAsServer(server, 'RS256', claims))).status, 200);
    });
  });
});
