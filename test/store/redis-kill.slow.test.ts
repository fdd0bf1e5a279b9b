import { openStore } from '../../src/store/open.ts';
import { LONG } from '../support/long-form.ts';
import { figure } from '../support/reporter.ts';
import { needRedis, startRedis } from '../support/redis-server.ts';
import { sharedCluster } from '../support/shared-cluster.ts';
import { assertKept, writeUntilKilled } from './killed-writers.ts';

const WRITERS = LONG ? 2 : 1;
const ROUNDS = LONG ? 10 : 1;

describe('SIGKILL of a node with a Redis store', function () {
  this.timeout(30_000 * ROUNDS);
  before(async function () {
    await needRedis(this);
  });

  async function survive(name: string, address: string): Promise<void> {
    let count = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const outputs = await Promise.all(
        Array.from({ length: WRITERS }, () => writeUntilKilled(address, LONG ? 300 : 150)),
      );
      const acknowledged = outputs.flat();
      const store = await openStore(address, { clock: Date.now });
      await assertKept(store, acknowledged, false);
      await store.close();
      count += acknowledged.length;
    }
    figure(
      `R08 SIGKILL on ${name}: ${ROUNDS} × ${WRITERS} nodes, ${count} lines of units and writes, none lost or half done`,
    );
  }

  it('R08 loses no acknowledged write, and consumes nothing without its successor and answer', async () => {
    const server = await startRedis();
    try {
      await survive('one Redis', `redis://127.0.0.1:${server.port}`);
    } finally {
      await server.stop();
    }
  });

  it('R08 does the same in a cluster', async () => {
    const cluster = await sharedCluster();
    await cluster.flush();
    await survive('a Redis Cluster', cluster.address);
    await cluster.flush();
  });
});
