import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { type RedisServer, startRedis, startWith } from './redis-server.ts';

export interface RedisSentinel {
  /** For SIGNET_STORE. */
  readonly address: string;
  /** The master at the start. */
  readonly master: RedisServer;
  readonly replicas: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** Empties the master at the start. */
  flush(): Promise<void>;
  /** Port of the master that the sentinels name now. */
  currentMaster(): Promise<number>;
  stop(): Promise<void>;
}

const NAME = 'signet';
const SENTINELS = 3;

/** A master with replicas, with three sentinels that mark it as down after half a second without a reply. */
export async function startSentinel(replicaCount = 1): Promise<RedisSentinel> {
  const servers: RedisServer[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    const master = await startRedis();
    servers.push(master);
    const replicaof = `127.0.0.1 ${master.port}`;
    const replicas = await Promise.all(Array.from({ length: replicaCount }, () => startRedis({ replicaof })));
    servers.push(...replicas);
    await eventually('the replicas follow', async () => {
      const links = await Promise.all(replicas.map((replica) => replica.command('info', 'replication')));
      return links.every((link) => link.includes('master_link_status:up'));
    });
    const sentinels = await Promise.all(
      Array.from({ length: SENTINELS }, () => startSentinelProcess(master.port)),
    );
    servers.push(...sentinels);
    const ask = async () =>
      Promise.all(sentinels.map(async (sentinel) => sentinel.command('sentinel', 'master', NAME)));
    await eventually('the sentinels have discovered all servers', async () =>
      (await ask()).every(
        (answer) =>
          answer.includes(`num-slaves\n${replicaCount}\n`) &&
          answer.includes(`num-other-sentinels\n${SENTINELS - 1}\n`),
      ),
    );
    const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return {
      address: `redis+sentinel://${hosts}/${NAME}`,
      master,
      replicas,
      sentinels,
      flush: async () => {
        await master.command('flushall');
      },
      currentMaster: async () => {
        const answer = await sentinels[0]?.command('sentinel', 'get-master-addr-by-name', NAME);
        return Number(answer?.split('\n')[1]);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A sentinel keeps its state in its configuration file. */
function startSentinelProcess(masterPort: number): Promise<RedisServer> {
  return startWith((port, directory) => {
    const file = join(directory, 'sentinel.conf');
    if (!existsSync(file)) writeFileSync(file, configuration(masterPort));
    return [file, '--sentinel', '--port', String(port), '--bind', '127.0.0.1', '--dir', directory];
  });
}

function configuration(masterPort: number): string {
  return [
    `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${NAME} 500`,
    `sentinel failover-timeout ${NAME} 3000`,
    '',
  ].join('\n');
}
