import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needRedis } from '../support/redis-server.ts';
import { portsOfNodes, type RedisNodes, startRedisNodes } from '../support/redis-nodes.ts';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';
import { itEndsWithItsTokens } from './ended-session-races.ts';
import { configureRaces, ROUNDS } from './races.ts';

describe('Sessions that are ended while they are used', function () {
  this.timeout(30_000 + ROUNDS * 5000);

  describe('over 4 workers on one database file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'signet-ended-'));
    let issuer: string;
    let primary: WorkerProcesses;
    before(async () => {
      configureRaces(directory);
      issuer = await freeIssuer();
      primary = await WorkerProcesses.start(directory, ['--workers', '4'], { SIGNET_ISSUER: issuer });
    });
    after(async () => {
      await primary?.end();
      rmSync(directory, { recursive: true, force: true });
    });
    itEndsWithItsTokens(
      () => ({ issuer, ports: [primary.port], store: `sqlite:${join(directory, 'data/signet.db')}` }),
      '4 workers on SQLite',
    );
  });

  describe('over 2 nodes × 2 workers on one Redis', () => {
    let issuer: string;
    let ports: readonly number[];
    let running: RedisNodes | undefined;
    before(async function () {
      await needRedis(this);
      issuer = await freeIssuer();
      ports = await portsOfNodes(issuer, 2);
      running = await startRedisNodes({ issuer, ports, workers: 2, configure: configureRaces });
    });
    after(() => running?.stop());
    itEndsWithItsTokens(
      () => ({ issuer, ports, store: running?.store ?? '' }),
      '2 nodes × 2 workers on Redis',
    );
  });
});
