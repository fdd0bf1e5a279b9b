import { RedisArtifacts } from '../../src/store/redis/artifacts/artifacts.ts';
import { itLong, LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestServer } from '../support/server.ts';
import { sharedCluster } from '../support/shared-cluster.ts';
import { describeConsents } from './consent-cases.ts';
import { describeSessions } from './session-cases.ts';

describe('Sessions and consents of an account', function () {
  this.timeout(60_000);
  before(async function () {
    await needRedis(this);
  });

  describe('on Redis', () => {
    let redis: RedisServer;
    before(async () => {
      redis = await startRedis();
    });
    after(() => redis?.stop());

    const start = async () => {
      await redis.command('FLUSHALL');
      return startTestServer({ store: `redis://127.0.0.1:${redis.port}` });
    };
    describe('sessions', () => describeSessions(start, RedisArtifacts, itLong));
    describe('consents', () => describeConsents(start, RedisArtifacts, itLong));
  });

  // In the short form the contract of the store runs on a cluster.
  if (LONG) {
    describe('on a Redis Cluster', () => {
      const start = async () => {
        const cluster = await sharedCluster();
        await cluster.flush();
        return startTestServer({ store: cluster.address });
      };
      describe('sessions', () => describeSessions(start, RedisArtifacts));
      describe('consents', () => describeConsents(start, RedisArtifacts));
    });
  }
});
