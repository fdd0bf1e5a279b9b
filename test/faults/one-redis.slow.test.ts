import { randomBytes } from 'node:crypto';
import { parseConfig } from '../../src/config/config.ts';
import { LONG } from '../support/long-form.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import { portsOfNodes, type RedisNodes, startRedisNodes } from '../support/redis-nodes.ts';
import { needRedis } from '../support/redis-server.ts';
import { QUICK_PASSWORDS } from '../support/server.ts';
import { freeIssuer } from '../support/worker-processes.ts';
import { itEndsForGood, ROUNDS } from './end-races.ts';
import { configureTabs, itAsksNoTabTwice } from './tabs.ts';

const NODES = 2;
const WORKERS = 2;
const WHO = `${NODES} nodes × ${WORKERS} workers on Redis`;
/** 100 tabs. */
const TAB_ROUNDS = LONG ? 50 : 3;

describe(`${NODES} nodes × ${WORKERS} workers on one Redis`, function () {
  this.timeout(20_000 + ROUNDS * 5000 + TAB_ROUNDS * 3000);
  let issuer: string;
  let ports: readonly number[];
  let running: RedisNodes | undefined;
  let operator: Operator | undefined;

  before(async function () {
    await needRedis(this);
    issuer = await freeIssuer();
    ports = await portsOfNodes(issuer, NODES);
    running = await startRedisNodes({ issuer, ports, workers: WORKERS, configure: configureTabs });
    const masterKey = randomBytes(32).toString('base64');
    const config = { issuer, store: running.store, keys: 'store', masterKey, passwords: QUICK_PASSWORDS };
    operator = await operate({ config: parseConfig(config) });
  });
  after(async () => {
    await operator?.close();
    await running?.stop();
  });

  describe('do not sign in again one of two tabs', () => {
    itAsksNoTabTwice(() => ({ issuer, ports }), WHO, TAB_ROUNDS);
  });

  describe('end for good', () => {
    itEndsForGood(() => ({ issuer, ports, operator: operator! }), WHO);
  });
});
