import { type RedisCluster, startCluster } from './redis-cluster.ts';

let cluster: Promise<RedisCluster> | undefined;

/** One cluster for all suites that leave it as they found it, with a replica for each master. Whoever begins empties it. */
export function sharedCluster(): Promise<RedisCluster> {
  return (cluster ??= startCluster(1));
}

after(async () => {
  await (await cluster?.catch(() => undefined))?.stop();
});
