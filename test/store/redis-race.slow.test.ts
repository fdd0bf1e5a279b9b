import { LONG } from '../support/long-form.ts';
import { startSentinel } from '../support/redis-sentinel.ts';
import { sharedCluster } from '../support/shared-cluster.ts';
import { needRedis, startRedis } from '../support/redis-server.ts';
import { describeRaces } from './races.ts';

describeRaces('one Redis server', { redeem: 10, revoke: 8 }, async (context) => {
  await needRedis(context);
  const server = await startRedis();
  return { address: `redis://127.0.0.1:${server.port}`, stop: () => server.stop() };
});

// With Sentinel, a store sends one server the same commands.
if (LONG) {
  describeRaces('Redis with Sentinel', { redeem: 8, revoke: 8 }, async (context) => {
    await needRedis(context);
    return await startSentinel();
  });
}

describeRaces('a Redis Cluster', { redeem: 5, revoke: 5 }, async (context) => {
  await needRedis(context);
  const cluster = await sharedCluster();
  await cluster.flush();
  return { address: cluster.address, stop: () => cluster.flush() };
});
