import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ConfigInput } from '../../src/config/schema.ts';
import { ANNOUNCEMENT } from '../../src/signing/key-state.ts';
import { rotate, rotationSettings, withdraw } from '../../src/signing/rotation.ts';
import { openKeySource } from '../../src/signing/sources/open.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { Api } from '../resource-server/api.ts';
import { withClock } from '../support/clock.ts';
import { API, authorizationRequest, MACHINE, signIn, token } from '../support/flow.ts';
import { decodeProtectedHeader } from '../support/jwt.ts';
import { LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const ROTATIONS = LONG ? 5 : 1;
/** Requests between two steps of the clock. */
const REQUESTS = LONG ? 40 : 8;
const CLIENTS = 4;
/** Seconds that the sample API caches keys. */
const API_CACHE = 600;

describe('R10 signing keys change under load', function () {
  this.timeout(60_000);
  let redis: RedisServer | undefined;
  let server: TestServer;
  let store: Store;
  let api: Api;
  let asked: number;

  const start = async (input: Partial<ConfigInput>): Promise<void> => {
    // Longer than any step of the clock: a rejected token is rejected for its key.
    server = await startTestServer({ ...input, lifetimes: { accessToken: '2h' } });
    store = await openStore(server.config.store, { clock: () => Date.now() });
    api = await Api.start({ issuer: server.issuer, audience: API });
    asked = 0;
  };
  afterEach(async () => {
    await api?.stop();
    await store?.close();
    await server?.stop();
    await redis?.stop();
    redis = undefined;
  });

  const now = (): number => Math.floor(Date.now() / 1000);
  const keys = () => openKeySource(server.config, store, () => Date.now());

  async function issue(): Promise<string> {
    const form = { grant_type: 'client_credentials', scope: 'messages:read' };
    const { response, body } = await token(server.issuer, form, MACHINE);
    assert.equal(response.status, 200, JSON.stringify(body));
    return body.access_token;
  }

  /** Clients that get a token each and use it immediately. Fails with the first request that fails. */
  async function load(): Promise<void> {
    const machine = async (): Promise<void> => {
      for (let count = 0; count < REQUESTS / CLIENTS; count += 1) {
        const { status, text } = await api.ask({ token: await issue() });
        assert.equal(status, 200, `${text} ${api.reasons.at(-1)}`);
        asked += 1;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, machine));
  }

  /** While requests are under way, the server reads its keys. */
  const follow = (): Promise<unknown> => Promise.all([load(), server.running.followKeys(), load()]);

  const signer = async (): Promise<string> => decodeProtectedHeader(await issue()).kid as string;

  async function rotations(): Promise<void> {
    await withClock(async (clock) => {
      const { agent, tokens } = await signIn(server.issuer, {
        parameters: { scope: 'openid offline_access', prompt: 'consent' },
      });
      for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
        const { kid } = await rotate(keys(), rotationSettings(server.config), now());
        await follow();
        for (let step = 0; step < 4; step += 1) {
          clock.advance(ANNOUNCEMENT / 4);
          await follow();
        }
        assert.equal(await signer(), kid);
      }
      // Another API has the removed key in its cache only.
      const cached = await Api.start({ issuer: server.issuer, audience: API });
      const removed = await issue();
      assert.equal((await cached.ask({ token: removed })).status, 200);
      clock.advance(60);
      await withdraw(keys(), await signer(), rotationSettings(server.config), now());
      await server.running.followKeys();
      await load();
      assert.equal(
        (await api.ask({ token: removed })).status,
        401,
        'whoever fetches the new key drops the old',
      );
      clock.advance(API_CACHE);
      assert.equal((await cached.ask({ token: removed })).status, 401);
      assert.equal((await cached.ask({ token: await issue() })).status, 200);
      await cached.stop();

      const silent = await agent.follow(
        authorizationRequest(server.issuer, { scope: 'openid', prompt: 'none' }).url,
      );
      assert.ok(silent.url.searchParams.has('code'), 'the session survives');
      const refreshed = await token(server.issuer, {
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token as string,
      });
      assert.equal(refreshed.response.status, 200);
    });
    const where = redis === undefined ? 'SQLite' : 'Redis';
    figure(
      `R10 ${ROTATIONS} key rotations and a removal, ${where}: 0 of ${asked} token requests failed, nor of as many at the sample API`,
    );
  }

  it('on SQLite, with keys in files: no request fails, and a removed key is refused', async () => {
    await start({});
    await rotations();
  });

  it('on Redis, with keys in the store: no request fails, and a removed key is refused', async function () {
    await needRedis(this);
    redis = await startRedis();
    await start({
      store: `redis://127.0.0.1:${redis.port}`,
      keys: 'store',
      masterKey: randomBytes(32).toString('base64'),
    });
    await rotations();
  });
});
