import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisServer, startRedis } from './redis-server.ts';
import { freePort } from './free-port.ts';
import { WorkerProcesses } from './worker-processes.ts';

/** Several nodes of one issuer: processes that share only a Redis, which also has the signing keys. */
export interface RedisNodes {
  readonly nodes: readonly WorkerProcesses[];
  /** Address of the Redis. */
  readonly store: string;
  stop(): Promise<void>;
}

export interface RedisNodesOptions {
  issuer: string;
  /** Each a node, on this port. */
  ports: readonly number[];
  /** Of each node; 0: the node is one process. */
  workers: number;
  /** Writes `signet.yaml` into the directory in which the nodes run. */
  configure: (directory: string) => void;
  /** Further variables of each node. */
  env?: Record<string, string>;
}

/** Call `needRedis` before. */
export async function startRedisNodes(options: RedisNodesOptions): Promise<RedisNodes> {
  const { issuer, workers, configure } = options;
  const directory = mkdtempSync(join(tmpdir(), 'signet-nodes-'));
  configure(directory);
  const redis: RedisServer = await startRedis();
  const store = `redis://127.0.0.1:${redis.port}`;
  const env = {
    SIGNET_ISSUER: issuer,
    SIGNET_STORE: store,
    SIGNET_KEYS: 'store',
    SIGNET_MASTER_KEY: randomBytes(32).toString('base64'),
    ...options.env,
  };
  const args = workers === 0 ? [] : ['--workers', String(workers)];
  const starting = await Promise.allSettled(
    options.ports.map((port) =>
      WorkerProcesses.start(directory, args, { ...env, SIGNET_PORT: String(port) }),
    ),
  );
  const nodes = starting.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.end()));
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  const failed = starting.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return { nodes, store, stop };
  await stop();
  throw failed.reason;
}

/** The issuer's own port and others that are free. */
export async function portsOfNodes(issuer: string, count: number): Promise<number[]> {
  const others = Array.from({ length: count - 1 }, () => freePort());
  return [Number(new URL(issuer).port), ...(await Promise.all(others))];
}
