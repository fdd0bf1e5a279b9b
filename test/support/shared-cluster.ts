import { type RedisCluster, startCluster } from './redis-cluster.ts';

let cluster: Promise<RedisCluster> | undefined;

/** One cluster for all suites that leave it as they found it, with a replica for each master. Whoever begins empties it. */
export function sharedCluster(): Promise<RedisCluster> {
  return (cluster ??= startCluster(1));
}

// A process of `mocha --parallel` runs several files; when it exits, its servers are killed (`redis-server.ts`).
if (process.env.MOCHA_WORKER_ID === undefined) {
  after(async () => {
    await (await cluster?.catch(() => undefined))?.stop();
  });
}
