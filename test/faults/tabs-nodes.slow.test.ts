import { needRedis } from '../support/redis-server.ts';
import { portsOfNodes, type RedisNodes, startRedisNodes } from '../support/redis-nodes.ts';
import { freeIssuer } from '../support/worker-processes.ts';
import { configureTabs, itAsksNoTabTwice } from './tabs.ts';

const NODES = 2;
/** 100 tabs. */
const ROUNDS = process.env.LONG_TESTS === '1' ? 50 : 3;

describe(`${NODES} nodes on one Redis do not sign in again one of two tabs`, function () {
  this.timeout(20_000 + ROUNDS * 3000);
  let issuer: string;
  let ports: readonly number[];
  let running: RedisNodes | undefined;

  before(async function () {
    await needRedis(this);
    issuer = await freeIssuer();
    ports = await portsOfNodes(issuer, NODES);
    running = await startRedisNodes({ issuer, ports, workers: 1, configure: configureTabs });
  });
  after(() => running?.stop());

  itAsksNoTabTwice(() => ({ issuer, ports }), `${NODES} nodes on Redis`, ROUNDS);
});
