import assert from 'node:assert/strict';
import type { ConfigInput } from '../../src/config/schema.ts';
import { authorizationRequest, authorize, basic, signIn, token } from '../support/flow.ts';
import { withClock } from '../support/clock.ts';
import type { Define } from '../support/long-form.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const APP = {
  id: 'app',
  secret: 'a-secret-of-more-than-32-characters',
  redirectUri: 'http://localhost:3002/app',
};
const JOB = { id: 'job', secret: 'another-secret-of-more-than-32-characters' };
const OFFLINE = { scope: 'openid offline_access messages:read' };
const METADATA = {
  client_id: APP.id,
  redirect_uris: [APP.redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid offline_access messages:read',
};

/**
 * @param start a server on an empty store, with more configuration
 * @param itOfAnyStore defines the cases that the store cannot change: `itLong` for the second store
 */
export function describeClientUpdates(
  start: (input?: Partial<ConfigInput>) => Promise<TestServer>,
  itOfAnyStore: Define = it,
): void {
  let server: TestServer;
  let operator: Operator;
  const servers: TestServer[] = [];

  beforeEach(async () => {
    server = await start();
    operator = await operate(server);
    await operator.clients.add(METADATA, { secret: APP.secret });
    await operator.clients.add(
      { client_id: JOB.id, grant_types: ['client_credentials'], scope: 'messages:read messages:write' },
      { secret: JOB.secret },
    );
  });
  afterEach(async () => {
    await operator.close();
    for (const each of [...servers.splice(0), server]) await each.stop();
  });

  const refresh = async (refresh_token = '', at = server) =>
    (await token(at.issuer, { grant_type: 'refresh_token', refresh_token }, APP)).body;

  /** The server as it is after a start with another file, on the same store. */
  const restartedWith = async (clients: ConfigInput['clients']) => {
    const { store, keys } = server.config;
    const restarted = await startTestServer({ clients, store, keys });
    servers.push(restarted);
    return restarted;
  };

  it('keep refresh tokens and consent, also beside a rotation of the secret', async () => {
    await withClock(async (clock) => {
      const { agent, tokens } = await signIn(server.issuer, { client: APP, parameters: OFFLINE });
      await Promise.all([
        operator.clients.update(APP.id, { client_name: 'The App' }),
        operator.clients.rotateSecret(APP.id),
        operator.clients.update(APP.id, { redirect_uris: [`${APP.redirectUri}/new`] }),
      ]);
      clock.advance(1);
      const refreshed = await refresh(tokens.refresh_token);
      assert.match(refreshed.access_token, /^ey/);
      const renewed = { redirect_uri: `${APP.redirectUri}/new`, client_id: APP.id, prompt: 'none' };
      const callback = await authorize(
        agent,
        authorizationRequest(server.issuer, { ...OFFLINE, ...renewed }),
      );
      assert.equal(callback.searchParams.has('code'), true);
    });
  });

  itOfAnyStore(
    'are noticed within a second by the authorization endpoint, by GET, POST and PAR',
    async () => {
      await withClock(async (clock) => {
        const { url } = authorizationRequest(server.issuer, {
          client_id: APP.id,
          redirect_uri: APP.redirectUri,
          scope: 'openid',
        });
        const statuses = async () => {
          const body = url.searchParams;
          const options = { method: 'POST', redirect: 'manual', body } as const;
          const get = await fetch(url, { redirect: 'manual' });
          const post = await fetch(`${server.issuer}/authorize`, options);
          const seen =
            post.status === 303
              ? await fetch(new URL(post.headers.get('location') ?? '', url), { redirect: 'manual' })
              : post;
          const par = await fetch(`${server.issuer}/par`, {
            ...options,
            headers: { Authorization: basic(APP) },
          });
          return [get.status, seen.status, par.status];
        };
        assert.deepEqual(await statuses(), [303, 303, 201]);
        await operator.clients.update(APP.id, { redirect_uris: [`${APP.redirectUri}/new`] });
        clock.advance(1);
        assert.deepEqual(await statuses(), [400, 400, 400]);
      });
    },
  );

  itOfAnyStore(
    'are noticed within a second by the token endpoint, in the engine and in its short path',
    async () => {
      await withClock(async (clock) => {
        const request = (scope: string, client = JOB) =>
          token(server.issuer, { grant_type: 'client_credentials', scope }, client);
        const outcomes = async () => [
          (await request('messages:read')).response.status,
          (await request('messages:write')).response.status,
          (await request('messages:read', { ...JOB, secret: 'wrong' })).response.status,
        ];
        assert.deepEqual(await outcomes(), [200, 200, 401]);
        await operator.clients.update(JOB.id, { scope: 'messages:read' });
        clock.advance(1);
        assert.deepEqual(await outcomes(), [200, 400, 401]);
        // A member that the short path does not know.
        await operator.clients.update(JOB.id, {
          require_auth_time: true,
          scope: 'messages:read messages:write',
        });
        clock.advance(1);
        assert.deepEqual(await outcomes(), [200, 200, 401]);
        await operator.clients.update(JOB.id, { require_auth_time: null, grant_types: [], scope: null });
        clock.advance(1);
        assert.deepEqual(await outcomes(), [400, 400, 401]);
      });
    },
  );

  it('that make a client public void its secrets, and one that authenticates later has a new one', async () => {
    await withClock(async (clock) => {
      await operator.clients.update(APP.id, { token_endpoint_auth_method: 'none' });
      const { secret = '' } = await operator.clients.update(APP.id, { token_endpoint_auth_method: null });
      clock.advance(1);
      const codes = [APP.secret, secret].map(async (candidate) => {
        const fields = { grant_type: 'refresh_token', refresh_token: 'x' };
        return (await token(server.issuer, fields, { ...APP, secret: candidate })).body.error;
      });
      assert.deepEqual(await Promise.all(codes), ['invalid_client', 'invalid_grant']);
    });
  });

  itOfAnyStore('narrow the scope of existing grants, and do not widen them', async () => {
    await withClock(async (clock) => {
      const scope = `${METADATA.scope} messages:write`;
      await operator.clients.update(APP.id, { scope });
      const { tokens } = await signIn(server.issuer, { client: APP, parameters: { ...OFFLINE, scope } });
      await operator.clients.update(APP.id, { scope: `${METADATA.scope} email` });
      clock.advance(1);
      const granted = (await refresh(tokens.refresh_token)).scope?.split(' ') ?? [];
      assert.deepEqual(
        ['messages:read', 'messages:write', 'email'].map((name) => granted.includes(name)),
        [true, false, false],
      );
    });
  });

  it('are not needed by a client that the file adopts and releases: tokens and consent stay', async () => {
    const { tokens } = await signIn(server.issuer, { client: APP, parameters: OFFLINE });
    const { agent: browser } = await signIn(server.issuer, { client: APP, parameters: OFFLINE });
    const adopting = await restartedWith([{ ...METADATA, adopt: true }]);
    assert.deepEqual(adopting.running.clients.adopted, [APP.id]);
    const first = await refresh(tokens.refresh_token, adopting);
    const releasing = await restartedWith([{ client_id: APP.id, release: true }]);
    assert.deepEqual(releasing.running.clients.released, [APP.id]);
    const without = await restartedWith([]);
    const second = await refresh(first.refresh_token, without);
    assert.match(second.access_token, /^ey/);
    const parameters = { ...OFFLINE, client_id: APP.id, redirect_uri: APP.redirectUri, prompt: 'none' };
    const callback = await authorize(browser, authorizationRequest(server.issuer, parameters));
    assert.equal(callback.searchParams.has('code'), true);
  });
}
