import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';
import { assertAllWorkersServed } from './all-workers.ts';
import { configureRaces, itIsGoodForOne, ROUNDS } from './races.ts';

const WORKERS = 4;

for (const replayWindow of [0, 10]) {
  describe(`of fifty concurrent requests over ${WORKERS} workers on one database file, with a replay window of ${replayWindow} s, one succeeds with`, function () {
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

    itIsGoodForOne(() => ({ issuer, ports: [primary.port] }), `${WORKERS} workers on SQLite`, replayWindow);

    it('while the requests reach all workers', () => assertAllWorkersServed(primary, WORKERS));
  });
}
