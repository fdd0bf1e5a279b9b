import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { eventually } from '../support/eventually.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { Load } from './redis-load.ts';
import { accountNamed } from './account-records.ts';
import { everyOperation } from './redis-operations.ts';

describe('An outage of Redis', function () {
  this.timeout(60_000);
  let server: RedisServer;
  let store: Store;

  before(async function () {
    await needRedis(this);
  });
  beforeEach(async () => {
    // With `everysec`, Redis delays writes to its AOF for up to two seconds while the disk is busy.
    server = await startRedis({ appendfsync: 'always' });
    store = await openStore(`redis://127.0.0.1:${server.port}`, { clock: Date.now });
  });
  afterEach(async () => {
    server.signal('SIGCONT');
    await store.close();
    await server.stop();
  });

  async function expectUnavailable(): Promise<number> {
    const start = performance.now();
    for (const outcome of await Promise.allSettled(everyOperation(store))) {
      assert.ok(outcome.status === 'rejected');
      assert.ok(outcome.reason instanceof StoreUnavailableError, String(outcome.reason));
    }
    return performance.now() - start;
  }

  /** @returns milliseconds until every operation succeeds */
  async function untilAvailable(): Promise<number> {
    const start = performance.now();
    await eventually('the store is back', async () => {
      await Promise.all(everyOperation(store));
      return true;
    });
    return performance.now() - start;
  }

  it('R05 makes operations fail at once while there is no server, and succeed when it is back', async () => {
    await Promise.all(everyOperation(store));
    await server.kill();
    const first = await expectUnavailable();
    await delay(1000);
    const later = await expectUnavailable();
    await server.restart();
    const back = await untilAvailable();
    figure(
      `R05 Redis stopped: errors within ${first.toFixed(0)} and ${later.toFixed(0)} ms, back ${back.toFixed(0)} ms after it`,
    );
  });

  it('R05 does not carry out later what was rejected while there was no server', async () => {
    const { artifacts } = store;
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    await server.kill();
    await assert.rejects(
      artifacts.createOnce('ReplayDetection', 'refused', expiresAt),
      StoreUnavailableError,
    );
    const write = artifacts.upsert('Session', 'refused', { payload: {}, expiresAt });
    await assert.rejects(write, StoreUnavailableError);
    await server.restart();
    await untilAvailable();
    assert.equal(await artifacts.createOnce('ReplayDetection', 'refused', expiresAt), true);
    assert.equal(await artifacts.find('Session', 'refused'), undefined);
  });

  it('R05 makes operations fail within a second while the server is frozen, and succeed when it resumes', async () => {
    server.signal('SIGSTOP');
    const times: number[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      times.push(await expectUnavailable());
      await delay(100);
    }
    server.signal('SIGCONT');
    const back = await untilAvailable();
    figure(
      `R05 Redis frozen: errors within ${times.map((time) => time.toFixed(0)).join(', ')} ms, back ${back.toFixed(0)} ms after it`,
    );
  });

  it('R05 makes operations fail within a second while the server pauses its clients', async () => {
    await server.command('client', 'pause', '1500');
    const time = await expectUnavailable();
    const back = await untilAvailable();
    figure(
      `R05 CLIENT PAUSE of 1500 ms: errors within ${time.toFixed(0)} ms, back ${back.toFixed(0)} ms later`,
    );
  });

  it('R05 loses no acknowledged write when the server is killed and restarts from its AOF', async () => {
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
      `R05 Redis killed 3 times under load: ${checked} acknowledged writes, none lost; longest gap ${load.longestGap.toFixed(0)} ms, slowest error ${load.slowestFailure.toFixed(0)} ms`,
    );
  });

  it('R07 of memory leaves no operation half-done, and ends when there is space', async () => {
    const { artifacts, accounts } = store;
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    const account = accountNamed('alice', '1');
    await artifacts.upsert('AuthorizationCode', 'code', { payload: { n: 1 }, expiresAt, grantId: 'g' });
    await accounts.create(account);
    await server.command('config', 'set', 'maxmemory', '1mb');
    const refused = [
      artifacts.consume('AuthorizationCode', 'code'),
      artifacts.createOnce('ReplayDetection', 'jti', expiresAt),
      artifacts.upsert('AuthorizationCode', 'code', { payload: { n: 2 }, expiresAt, grantId: 'g' }),
      artifacts.upsert('Session', 's', { payload: {}, expiresAt, uid: 'u' }),
      accounts.update('1', () => ({ username: 'bob' })),
      accounts.create(accountNamed('carol', '2')),
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
    await Promise.all(everyOperation(store));
  });

  it('does not occur when the server has lost its scripts', async () => {
    await Promise.all(everyOperation(store));
    await server.command('script', 'flush');
    await Promise.all(everyOperation(store));
  });

  it('does not prevent the store from closing', async () => {
    server.signal('SIGSTOP');
    await assert.rejects(store.ping(), StoreUnavailableError);
    await store.close();
    await assert.rejects(store.ping(), /closed/);
  });
});
