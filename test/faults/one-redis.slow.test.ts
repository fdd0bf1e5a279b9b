import { randomBytes } from 'node:crypto';
import { parseConfig } from '../../src/config/config.ts';
import { LONG } from '../support/long-form.ts';
import { portsOfNodes, startRedisNodes } from '../support/redis-nodes.ts';
import { needRedis } from '../support/redis-server.ts';
import { QUICK_PASSWORDS } from '../support/server.ts';
import { freeIssuer } from '../support/worker-processes.ts';
import { assertAllWorkersServed } from './all-workers.ts';
import { describeRaces } from './one-store.ts';

const NODES = 2;
/** Of each node. In the short form a node is one process: for Redis it is a client, as a worker is. */
const WORKERS = LONG ? 2 : 0;
const WHO = LONG ? `${NODES} nodes × ${WORKERS} workers on one Redis` : `${NODES} nodes on one Redis`;
/** 100 tabs. */
const TAB_ROUNDS = LONG ? 50 : 2;

describeRaces(WHO, TAB_ROUNDS, async (context, configure) => {
  await needRedis(context);
  const issuer = await freeIssuer();
  const ports = await portsOfNodes(issuer, NODES);
  const running = await startRedisNodes({ issuer, ports, workers: WORKERS, configure });
  const masterKey = randomBytes(32).toString('base64');
  return {
    issuer,
    ports,
    config: parseConfig({
      issuer,
      store: running.store,
      keys: 'store',
      masterKey,
      passwords: QUICK_PASSWORDS,
    }),
    assertAllServed: async () => {
      for (const node of running.nodes) await assertAllWorkersServed(node, WORKERS);
    },
    stop: () => running.stop(),
  };
});
