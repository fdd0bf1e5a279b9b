import { itLong } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestServer } from '../support/server.ts';
import { describeClientUpdates } from './client-update-cases.ts';

describe('Changes of a client', function () {
  this.timeout(30_000);

  describe('on SQLite', () => describeClientUpdates(startTestServer));

  describe('on Redis', () => {
    let redis: RedisServer;
    before(async function () {
      await needRedis(this);
      redis = await startRedis();
    });
    after(() => redis?.stop());

    describeClientUpdates(async (input) => {
      await redis.command('FLUSHALL');
      return startTestServer({ ...input, store: `redis://127.0.0.1:${redis.port}` });
    }, itLong);
  });
});
