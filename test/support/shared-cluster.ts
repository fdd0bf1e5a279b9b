import { type RedisCluster, startCluster } from './redis-cluster.ts';

let cluster: Promise<RedisCluster> | undefined;

/** One cluster with a replica for each master, for all suites that do not change its topology. Each suite empties it first. */
export function sharedCluster(): Promise<RedisCluster> {
  return (cluster ??= startCluster(1));
}

// A process of `mocha --parallel` runs several files; when it exits, its servers are killed (`redis-server.ts`).
if (process.env.MOCHA_WORKER_ID === undefined) {
  after(async () => {
    await (await cluster?.catch(() => undefined))?.stop();
  });
}
