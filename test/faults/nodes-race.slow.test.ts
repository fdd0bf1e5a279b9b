import { needRedis } from '../support/redis-server.ts';
import { portsOfNodes, type RedisNodes, startRedisNodes } from '../support/redis-nodes.ts';
import { freeIssuer } from '../support/worker-processes.ts';
import { assertAllWorkersServed } from './all-workers.ts';
import { configureRaces, itIsGoodForOne, ROUNDS } from './races.ts';

const NODES = 2;
const WORKERS = 2;

for (const replayWindow of [0, 10]) {
  describe(`of fifty concurrent requests over ${NODES} nodes × ${WORKERS} workers on one Redis, with a replay window of ${replayWindow} s, one succeeds with`, function () {
    this.timeout(20_000 + ROUNDS * 5000);
    let issuer: string;
    let ports: readonly number[];
    let running: RedisNodes | undefined;

    before(async function () {
      await needRedis(this);
      issuer = await freeIssuer();
      ports = await portsOfNodes(issuer, NODES);
      const configure = (directory: string): void => configureRaces(directory, replayWindow);
      running = await startRedisNodes({ issuer, ports, workers: WORKERS, configure });
    });
    after(() => running?.stop());

    itIsGoodForOne(() => ({ issuer, ports }), `${NODES} nodes × ${WORKERS} workers on Redis`, replayWindow);

    it('while the requests reach all workers of all nodes', async () => {
      for (const node of running?.nodes ?? []) await assertAllWorkersServed(node, WORKERS);
    });
  });
}
