import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';
import { assertAllWorkersServed } from './all-workers.ts';
import { itEndsWithItsTokens } from './ended-session-races.ts';
import { configureRaces, itIsGoodForOne, ROUNDS } from './races.ts';

const WORKERS = 4;
const WHO = `${WORKERS} workers on SQLite`;

for (const replayWindow of [0, 10]) {
  describe(`${WORKERS} workers on one database file, with a replay window of ${replayWindow} s`, function () {
    this.timeout(20_000 + ROUNDS * 5000);
    let directory: string;
    let issuer: string;
    let primary: WorkerProcesses;

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'signet-workers-race-'));
      configureRaces(directory, replayWindow);
      issuer = await freeIssuer();
      primary = await WorkerProcesses.start(directory, ['--workers', String(WORKERS)], {
        SIGNET_ISSUER: issuer,
      });
    });
    after(async () => {
      await primary?.end();
      rmSync(directory, { recursive: true, force: true });
    });

    describe('of fifty concurrent requests, one succeeds with', () => {
      itIsGoodForOne(() => ({ issuer, ports: [primary.port] }), WHO, replayWindow);

      it('while the requests reach all workers', () => assertAllWorkersServed(primary, WORKERS));
    });

    if (replayWindow > 0) {
      describe('sessions that are ended while they are used', () => {
        const store = () => `sqlite:${join(directory, 'data/signet.db')}`;
        itEndsWithItsTokens(() => ({ issuer, ports: [primary.port], store: store() }), WHO);
      });
    }
  });
}
