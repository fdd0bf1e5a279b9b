import { Redis } from 'ioredis';
import { loadRedis010 } from '../store/old-data.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { describeStoredClients } from './stored-clients.ts';

describe('Clients of 0.1.0 in Redis', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  before(async function () {
    await needRedis(this);
    redis = await startRedis();
  });
  after(() => redis?.stop());

  describeStoredClients(async () => {
    const client = new Redis(redis.port);
    const knowledge = await loadRedis010(client);
    await client.quit();
    return { store: `redis://127.0.0.1:${redis.port}`, knowledge };
  });
});
