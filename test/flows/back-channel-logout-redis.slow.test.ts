import { itLong, LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestServer } from '../support/server.ts';
import { sharedCluster } from '../support/shared-cluster.ts';
import { describeBackChannelLogout } from './back-channel-cases.ts';

describe('Back-channel logout', function () {
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
    describeBackChannelLogout(
      (input) => startTestServer({ ...input, store: `redis://127.0.0.1:${redis.port}` }),
      itLong,
    );
  });

  // In the short form the contract of the store runs on a cluster.
  if (LONG) {
    describe('on a Redis Cluster', () =>
      describeBackChannelLogout(async (input) => {
        const cluster = await sharedCluster();
        await cluster.flush();
        return startTestServer({ ...input, store: cluster.address });
      }));
  }
});
