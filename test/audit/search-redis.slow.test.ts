import assert from 'node:assert/strict';
import { Redis } from 'ioredis';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { loadRedis010 } from '../store/old-data.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { collect, describeSearches, kindsIn, OF_010 } from './search-cases.ts';

describe('On Redis', function () {
  this.timeout(60_000);
  let server: RedisServer;
  before(async function () {
    await needRedis(this);
    server = await startRedis();
  });
  after(() => server?.stop());

  const open = (): Promise<Store> => openStore(`redis://127.0.0.1:${server.port}`, { clock: Date.now });

  describeSearches('Redis', async () => {
    await server.command('FLUSHALL');
    return open();
  });

  it('the audit trail of 0.1.0 has actor, target and outcome of each event', async () => {
    await server.command('FLUSHALL');
    const client = new Redis(server.port);
    const { account } = await loadRedis010(client);
    await client.quit();
    const store = await open();
    try {
      assert.deepEqual(await kindsIn(store), OF_010);
      const byBob = await collect(store, { actor: { kind: 'person', id: account.id }, ip: '127.0.0.1' });
      assert.deepEqual([...new Set(byBob.map(({ type }) => type))].toSorted(), [
        'consent.denied',
        'consent.granted',
        'login.succeeded',
        'session.ended',
      ]);
    } finally {
      await store.close();
    }
  });
});
