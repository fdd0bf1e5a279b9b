import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/config.ts';
import { LONG } from '../support/long-form.ts';
import { operate, type Operator } from '../support/noun-access.ts';
import { QUICK_PASSWORDS } from '../support/server.ts';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';
import { itEndsForGood, ROUNDS } from './end-races.ts';
import { configureTabs, itAsksNoTabTwice } from './tabs.ts';

const WORKERS = 4;
const WHO = `${WORKERS} workers on SQLite`;
/** 160 tabs. */
const TAB_ROUNDS = LONG ? 80 : 3;

describe(`${WORKERS} workers on one database file`, function () {
  this.timeout(20_000 + ROUNDS * 5000 + TAB_ROUNDS * 3000);
  let directory: string;
  let issuer: string;
  let primary: WorkerProcesses;
  let operator: Operator;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-one-file-'));
    configureTabs(directory);
    issuer = await freeIssuer();
    const store = `sqlite:${join(directory, 'signet.db')}`;
    const env = { SIGNET_ISSUER: issuer, SIGNET_STORE: store };
    primary = await WorkerProcesses.start(directory, ['--workers', String(WORKERS)], env);
    operator = await operate({ config: parseConfig({ issuer, store, passwords: QUICK_PASSWORDS }) });
  });
  after(async () => {
    await operator?.close();
    await primary?.end();
    rmSync(directory, { recursive: true, force: true });
  });

  describe('do not sign in again one of two tabs', () => {
    itAsksNoTabTwice(() => ({ issuer, ports: [primary.port] }), WHO, TAB_ROUNDS);
  });

  describe('end for good', () => {
    itEndsForGood(() => ({ issuer, ports: [primary.port], operator }), WHO);
  });
});
