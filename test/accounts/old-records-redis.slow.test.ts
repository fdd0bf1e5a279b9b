import { Redis } from 'ioredis';
import { openStore } from '../../src/store/open.ts';
import { loadRedis010 } from '../store/old-data.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { describeOldRecords, readRefreshToken } from './old-records.ts';

describe('Records of 0.1.0 in Redis', function () {
  this.timeout(60_000);
  let server: RedisServer;
  let at = 0;
  const clock = () => at * 1000;
  before(async function () {
    await needRedis(this);
    server = await startRedis();
  });
  after(() => server?.stop());

  describeOldRecords(async () => {
    await server.command('FLUSHALL');
    const client = new Redis(server.port);
    const knowledge = await loadRedis010(client);
    await client.quit();
    at = knowledge.at + 60;
    const store = await openStore(`redis://127.0.0.1:${server.port}`, { clock });
    return { store, accountId: knowledge.account.id, refreshToken: readRefreshToken('redis') };
  }, clock);
});
