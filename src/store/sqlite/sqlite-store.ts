import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Store } from '../store.ts';
import { SqliteAccounts } from './accounts.ts';
import { SqliteArtifacts } from './artifacts.ts';
import { SqliteAudit } from './audit.ts';
import { SqliteClients } from './clients.ts';
import { Connection } from './connection.ts';
import { SqliteCounters } from './counters.ts';
import { prepareIdentity } from './identity.ts';
import { SqliteJobs } from './jobs.ts';
import { SqliteListed } from './listed.ts';
import { MemoryQuotas } from './memory-quotas.ts';
import { IN_MEMORY, openDatabase } from './open-database.ts';
import { SessionJobs } from './session-jobs.ts';
import { SqliteSigningKeys } from './signing-keys.ts';
import { prepareSweep } from './sweep.ts';
import { SqliteTransfer } from './transfer.ts';
import { openWriteAheadLog } from './write-ahead-log.ts';

/**
 * The store in one SQLite file: the embedded default. Several processes may open the same file.
 *
 * The folder owns the tables, the group commit and the meaning of an SQLite error. It knows nothing of tokens and protocols beyond what
 * `store.ts` says. From the bottom up: `driver.ts` (the only file that imports `node:sqlite`), `schema.ts` and `migrate.ts`,
 * `open-database.ts`, then `write-queue.ts` and `sync-queue.ts` below `connection.ts`, and one file for each interface of the port.
 *
 * @param path relative to the working directory, or `:memory:`
 * @param options.create whether a missing file is created
 * @param options.onWait called with a sentence for the operator, when another process migrates the file
 * @throws StoreOpenError
 */
export async function openSqliteStore(
  path: string,
  {
    clock,
    create,
    onWait,
  }: { clock: Clock; create: boolean; onWait?: ((message: string) => void) | undefined },
): Promise<Store> {
  const now = () => nowInSeconds(clock);
  const database = await openDatabase(path, { now: now(), create, onWait });
  const connection = new Connection(database, path === IN_MEMORY ? undefined : openWriteAheadLog(path));
  const sessionJobs = new SessionJobs(connection, now);
  const jobs = new SqliteJobs(connection, sessionJobs, now);
  const ping = connection.prepare('INSERT OR REPLACE INTO pings (id, at) VALUES (1, :now)');
  return {
    artifacts: new SqliteArtifacts(connection, sessionJobs, now),
    listed: new SqliteListed(connection, now),
    accounts: new SqliteAccounts(connection, sessionJobs, jobs),
    clients: new SqliteClients(connection),
    signingKeys: new SqliteSigningKeys(connection),
    jobs,
    audit: new SqliteAudit(connection),
    counters: new SqliteCounters(connection, now),
    quotas: new MemoryQuotas(now),
    transfer: new SqliteTransfer(path, now),
    counts: connection.counts,
    ping: async () => {
      await connection.write(() => ping.run({ now: now() }), 'durable', 'known');
    },
    identify: prepareIdentity(connection, path === IN_MEMORY ? undefined : path),
    sweep: prepareSweep(connection, now),
    close: () => connection.close(),
  };
}
