import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

const run = promisify(execFile);

export interface RedisCluster {
  /** For SIGNET_STORE. */
  readonly address: string;
  readonly servers: readonly RedisServer[];
  /** Empties it. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** In the master's INFO. Until a new replica confirms for the first time, which takes up to a second, it gets no writes. */
const CONFIRMING_REPLICA = /^slave\d+:.*\bstate=online,offset=[1-9]/gm;

/** Three masters, each with `replicas` replicas. */
export async function startCluster(replicas = 0): Promise<RedisCluster> {
  const servers: RedisServer[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    const starts = Array.from({ length: 3 * (1 + replicas) }, async () => {
      const settings = {
        'cluster-enabled': 'yes',
        'cluster-node-timeout': '2000',
        'repl-ping-replica-period': '1',
      };
      return startRedis({ ...settings, 'cluster-port': String(await freePort()) });
    });
    servers.push(...(await Promise.all(starts)));
    const nodes = servers.map(({ port }) => `127.0.0.1:${port}`);
    const options = ['--cluster-replicas', String(replicas), '--cluster-yes'];
    await run('redis-cli', ['--cluster', 'create', ...nodes, ...options]);
    await eventually('the cluster is complete', async () => {
      const states = await Promise.all(servers.map((server) => server.command('cluster', 'info')));
      const links = await Promise.all(servers.map((server) => server.command('info', 'replication')));
      return (
        states.every(
          (state) => /cluster_state:ok/.test(state) && state.includes(`known_nodes:${nodes.length}`),
        ) &&
        links.join('\n').match(CONFIRMING_REPLICA)?.length === (replicas === 0 ? undefined : 3 * replicas)
      );
    });
    return {
      address: `redis+cluster://${nodes.join(',')}`,
      servers,
      flush: async () => {
        // A replica rejects it.
        await Promise.all(servers.map((server) => server.command('flushall').catch(() => '')));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
