import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/config.ts';
import { LONG } from '../support/long-form.ts';
import { QUICK_PASSWORDS } from '../support/server.ts';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';
import { assertAllWorkersServed } from './all-workers.ts';
import { describeRaces } from './one-store.ts';

const WORKERS = LONG ? 4 : 2;
/** 160 tabs. In the short form those of the nodes on Redis, of which two tabs always reach both, fail for the same faults. */
const TAB_ROUNDS = LONG ? 80 : 0;

describeRaces(`${WORKERS} workers on one database file`, TAB_ROUNDS, async (_context, configure) => {
  const directory = mkdtempSync(join(tmpdir(), 'signet-one-file-'));
  configure(directory);
  const issuer = await freeIssuer();
  const store = `sqlite:${join(directory, 'signet.db')}`;
  const env = { SIGNET_ISSUER: issuer, SIGNET_STORE: store };
  const primary = await WorkerProcesses.start(directory, ['--workers', String(WORKERS)], env);
  return {
    issuer,
    ports: [primary.port],
    config: parseConfig({ issuer, store, passwords: QUICK_PASSWORDS }),
    assertAllServed: () => assertAllWorkersServed(primary, WORKERS),
    stop: async () => {
      await primary.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
});
