import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LONG } from '../support/long-form.ts';
import { needRedis, startRedis } from '../support/redis-server.ts';
import { sharedCluster } from '../support/shared-cluster.ts';
import { describeUnitRaces } from './unit-races.ts';

describeUnitRaces('one SQLite file', {
  processes: LONG ? 4 : 2,
  rounds: LONG ? 10 : 5,
  start: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'signet-race-'));
    return {
      address: `sqlite:${join(directory, 'race.db')}`,
      stop: async () => rmSync(directory, { recursive: true }),
    };
  },
});

for (const processes of LONG ? [2, 4] : [2]) {
  describeUnitRaces('one Redis server', {
    processes,
    rounds: LONG ? 5 : 3,
    start: async (context) => {
      await needRedis(context);
      const server = await startRedis();
      return { address: `redis://127.0.0.1:${server.port}`, stop: () => server.stop() };
    },
  });
}

describeUnitRaces('a Redis Cluster', {
  processes: 2,
  rounds: LONG ? 5 : 3,
  start: async (context) => {
    await needRedis(context);
    const cluster = await sharedCluster();
    await cluster.flush();
    return { address: cluster.address, stop: () => cluster.flush() };
  },
});
