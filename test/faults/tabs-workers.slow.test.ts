import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';
import { configureTabs, itAsksNoTabTwice } from './tabs.ts';

const WORKERS = 4;
/** 160 tabs. */
const ROUNDS = process.env.LONG_TESTS === '1' ? 80 : 4;

describe(`${WORKERS} workers on one database file do not sign in again one of two tabs`, function () {
  this.timeout(20_000 + ROUNDS * 3000);
  let directory: string;
  let issuer: string;
  let primary: WorkerProcesses;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-tabs-'));
    configureTabs(directory);
    issuer = await freeIssuer();
    primary = await WorkerProcesses.start(directory, ['--workers', String(WORKERS)], {
      SIGNET_ISSUER: issuer,
    });
  });
  after(async () => {
    await primary?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  itAsksNoTabTwice(() => ({ issuer, ports: [primary.port] }), `${WORKERS} workers on SQLite`, ROUNDS);
});
