import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needRedis, startRedis } from '../support/redis-server.ts';
import { sharedCluster } from '../support/shared-cluster.ts';
import { describeUnitRaces } from './unit-races.ts';

describeUnitRaces('one SQLite file', {
  processes: 4,
  rounds: 10,
  start: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'signet-race-'));
    return {
      address: `sqlite:${join(directory, 'race.db')}`,
      stop: async () => rmSync(directory, { recursive: true }),
    };
  },
});

for (const processes of [2, 4]) {
  describeUnitRaces('one Redis server', {
    processes,
    rounds: 5,
    start: async (context) => {
      await needRedis(context);
      const server = await startRedis();
      return { address: `redis://127.0.0.1:${server.port}`, stop: () => server.stop() };
    },
  });
}

describeUnitRaces('a Redis Cluster', {
  processes: 2,
  rounds: 5,
  start: async (context) => {
    await needRedis(context);
    const cluster = await sharedCluster();
    await cluster.flush();
    return { address: cluster.address, stop: () => cluster.flush() };
  },
});
