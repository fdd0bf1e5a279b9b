import { openStore } from '../../src/store/open.ts';
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts';
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { describeStoreContract } from './contract.ts';

describe('Redis store', function () {
  this.timeout(30_000);
  before(async function () {
    await needRedis(this);
  });

  describe('on one server', () => {
    let server: RedisServer;
    before(async () => {
      server = await startRedis();
    });
    after(() => server?.stop());
    describeStoreContract('Redis', async (clock) => {
      await server.command('flushall');
      return openStore(`redis://127.0.0.1:${server.port}`, { clock });
    });
  });

  describe('with Sentinel', () => {
    let sentinel: RedisSentinel;
    before(async () => {
      sentinel = await startSentinel();
    });
    after(() => sentinel?.stop());
    describeStoreContract('Redis with Sentinel', async (clock) => {
      await sentinel.flush();
      return openStore(sentinel.address, { clock });
    });
  });

  describe('on a cluster', () => {
    let cluster: RedisCluster;
    before(async () => {
      cluster = await startCluster(1);
    });
    after(() => cluster?.stop());
    describeStoreContract('Redis Cluster', async (clock) => {
      await cluster.flush();
      return openStore(cluster.address, { clock });
    });
  });
});
