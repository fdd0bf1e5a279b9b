import { needRedis } from '../support/redis-server.ts';
import { portsOfNodes, type RedisNodes, startRedisNodes } from '../support/redis-nodes.ts';
import { freeIssuer } from '../support/worker-processes.ts';
import { assertAllWorkersServed } from './all-workers.ts';
import { itEndsWithItsTokens } from './ended-session-races.ts';
import { configureRaces, itIsGoodForOne, ROUNDS } from './races.ts';

const NODES = 2;
const WORKERS = 2;
const WHO = `${NODES} nodes × ${WORKERS} workers on Redis`;

for (const replayWindow of [0, 10]) {
  describe(`${NODES} nodes × ${WORKERS} workers on one Redis, with a replay window of ${replayWindow} s`, function () {
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

    describe('of fifty concurrent requests, one succeeds with', () => {
      itIsGoodForOne(() => ({ issuer, ports }), WHO, replayWindow);

      it('while the requests reach all workers of all nodes', async () => {
        for (const node of running?.nodes ?? []) await assertAllWorkersServed(node, WORKERS);
      });
    });

    if (replayWindow > 0) {
      describe('sessions that are ended while they are used', () => {
        itEndsWithItsTokens(() => ({ issuer, ports, store: running?.store ?? '' }), WHO);
      });
    }
  });
}
