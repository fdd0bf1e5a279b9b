import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';
import { assertAllWorkersServed } from './all-workers.ts';
import { configureRaces, itIsGoodForOne, ROUNDS } from './races.ts';

const WORKERS = 4;
const WITHOUT_REPLAY_WINDOW = 0;

describe(`of fifty concurrent requests over ${WORKERS} workers on one database file, one succeeds with`, function () {
  this.timeout(20_000 + ROUNDS * 5000);
  let directory: string;
  let issuer: string;
  let primary: WorkerProcesses;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-workers-race-'));
    configureRaces(directory, WITHOUT_REPLAY_WINDOW);
    issuer = await freeIssuer();
    primary = await WorkerProcesses.start(directory, ['--workers', String(WORKERS)], {
      SIGNET_ISSUER: issuer,
    });
  });
  after(async () => {
    await primary?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  itIsGoodForOne(
    () => ({ issuer, ports: [primary.port] }),
    `${WORKERS} workers on SQLite`,
    WITHOUT_REPLAY_WINDOW,
  );

  it('while the requests reach all workers', () => assertAllWorkersServed(primary, WORKERS));
});
