import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import type { ClientRecord, Store } from '../../src/store/store.ts';
import { eventually, needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { Load } from './redis-load.ts';

describe('An outage of Redis', function () {
  this.timeout(30_000);
  let server: RedisServer;
  let store: Store;
  let calls = 0;

  before(async function () {
    await needRedis(this);
  });
  beforeEach(async () => {
    server = await startRedis();
    store = await openStore(`redis://127.0.0.1:${server.port}`, { clock: Date.now });
  });
  afterEach(async () => {
    server.signal('SIGCONT');
    await store.close();
    await server.stop();
  });

  /** Every kind of operation, each once. */
  function everything({ artifacts, accounts, clients, signingKeys, audit, ping }: Store): Promise<unknown>[] {
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    const grantId = `grant-${calls++}`;
    const client: ClientRecord = {
      id: 'web',
      metadata: {},
      secrets: [],
      source: 'added',
      createdAt: 0,
      updatedAt: 0,
    } as const;
    return [
      artifacts.upsert('Session', 's', { payload: {}, expiresAt, uid: 'u', accountId: 'alice' }),
      artifacts.upsert('RefreshToken', 'r', { payload: {}, expiresAt, grantId }),
      artifacts.find('Session', 's'),
      artifacts.findByUid('Session', 'u'),
      artifacts.consume('Session', 's'),
      artifacts.createOnce('ReplayDetection', 'jti', expiresAt),
      artifacts.destroy('Session', 's'),
      artifacts.destroyByGrant('AccessToken', grantId),
      artifacts.revokeGrant(grantId, expiresAt),
      artifacts.isGrantRevoked(grantId),
      artifacts.revokeAccount('alice', expiresAt),
      accounts.find('alice'),
      accounts.findByUsername('alice'),
      accounts.update('alice', { disabled: true }),
      accounts.list({ limit: 1 }),
      clients.put(client),
      clients.find('web'),
      clients.list({ limit: 1 }),
      signingKeys.list(),
      signingKeys.put({ kid: 'k', sealed: 's', createdAt: 0 }),
      audit.append([{ at: 1, type: 'test' }]),
      audit.list({ limit: 1 }),
      ping(),
    ];
  }

  async function expectUnavailable(): Promise<number> {
    const start = performance.now();
    for (const outcome of await Promise.allSettled(everything(store))) {
      assert.ok(outcome.status === 'rejected');
      assert.ok(outcome.reason instanceof StoreUnavailableError, String(outcome.reason));
    }
    return performance.now() - start;
  }

  /** @returns milliseconds from now until everything works */
  async function untilAvailable(): Promise<number> {
    const start = performance.now();
    await eventually('the store is back', async () => {
      await Promise.all(everything(store));
      return true;
    });
    return performance.now() - start;
  }

  it('is an error at once while there is no server, and over when there is one', async () => {
    await Promise.all(everything(store));
    await server.kill();
    const first = await expectUnavailable();
    await delay(1000);
    const later = await expectUnavailable();
    await server.restart();
    figure(
      `Redis stopped: errors within ${first.toFixed(0)} and ${later.toFixed(0)} ms, back ${(await untilAvailable()).toFixed(0)} ms after it`,
    );
  });

  it('is an error within a second while the server is frozen, and over when it thaws', async () => {
    server.signal('SIGSTOP');
    const times: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      times.push(await expectUnavailable());
      await delay(100);
    }
    server.signal('SIGCONT');
    const back = await untilAvailable();
    figure(
      `Redis frozen: errors within ${times.map((time) => time.toFixed(0)).join(', ')} ms, back ${back.toFixed(0)} ms after it`,
    );
  });

  it('is an error within a second while the server pauses its clients', async () => {
    await server.command('client', 'pause', '1500');
    const time = await expectUnavailable();
    const back = await untilAvailable();
    figure(`CLIENT PAUSE of 1500 ms: errors within ${time.toFixed(0)} ms, back ${back.toFixed(0)} ms later`);
  });

  it('loses nothing acknowledged when the server is killed and starts from its AOF', async () => {
    const load = new Load(store);
    for (let round = 0; round < 3; round++) {
      await delay(300);
      await server.kill();
      await delay(100);
      await server.restart();
      await untilAvailable();
    }
    await load.stop();
    const checked = await load.check();
    assert.ok(load.failures > 0 && checked > 100);
    figure(
      `Redis killed 3 times under load: ${checked} acknowledged writes, none lost; longest gap ${load.longestGap.toFixed(0)} ms, slowest error ${load.slowestFailure.toFixed(0)} ms`,
    );
  });

  it('of memory leaves nothing half-done, and ends when there is space', async () => {
    const { artifacts, accounts } = store;
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    const account = {
      id: '1',
      username: 'alice',
      passwordHash: undefined,
      claims: {},
      disabled: false,
      createdAt: 0,
      updatedAt: 0,
    };
    await artifacts.upsert('AuthorizationCode', 'code', { payload: { n: 1 }, expiresAt, grantId: 'g' });
    await accounts.create(account);
    await server.command('config', 'set', 'maxmemory', '1mb');
    const refused = [
      artifacts.consume('AuthorizationCode', 'code'),
      artifacts.createOnce('ReplayDetection', 'jti', expiresAt),
      artifacts.upsert('AuthorizationCode', 'code', { payload: { n: 2 }, expiresAt, grantId: 'g' }),
      artifacts.upsert('Session', 's', { payload: {}, expiresAt, uid: 'u' }),
      accounts.update('1', { username: 'bob' }),
      accounts.create({ ...account, id: '2', username: 'carol' }),
      store.audit.append([{ at: 1, type: 'test' }]),
      store.ping(),
    ];
    for (const operation of refused) await assert.rejects(operation, StoreUnavailableError);
    assert.deepEqual(await artifacts.find('AuthorizationCode', 'code'), { n: 1 });
    assert.deepEqual(await accounts.find('1'), account);
    await server.command('config', 'set', 'maxmemory', '0');
    assert.equal(await artifacts.consume('AuthorizationCode', 'code'), true);
    assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', expiresAt), true);
    assert.equal(await artifacts.findByUid('Session', 'u'), undefined);
    assert.deepEqual(await accounts.findByUsername('alice'), account);
    assert.equal(await accounts.findByUsername('bob'), undefined);
    assert.equal(await accounts.findByUsername('carol'), undefined);
    await Promise.all(everything(store));
  });

  it('does not keep the store from closing', async () => {
    server.signal('SIGSTOP');
    await assert.rejects(store.ping(), StoreUnavailableError);
    await store.close();
    await assert.rejects(store.ping(), /closed/);
  });
});
