import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inheritOwner, makeDirectory, nearestDirectory } from '../../file-owner.ts';
import { NO_STORE, StoreOpenError } from '../errors.ts';
import { completeAccountIndex } from './account-index.ts';
import { Database, resultCode } from './driver.ts';
import { checkSchema, migrate, SchemaError } from './migrate.ts';
import { CACHE } from './page-cache.ts';
import { MIGRATIONS } from './schema.ts';

/** Opens a database: from a path to a connection that is ready for use, or to one sentence for the operator. */

export const IN_MEMORY = ':memory:';

/** Wait for other processes that open the same file. */
const OPEN_TIMEOUT_MS = 2000;

/** Wait for another process that migrates the file: of many accounts, this takes minutes. */
const MIGRATION_TIMEOUT_MS = 30 * 60_000;
/** Until the operator is told. */
const MIGRATION_NOTICE_MS = 250;
/** Between two attempts to migrate. */
const MIGRATION_RETRY_MS = 50;

/**
 * How long a statement of the running store blocks the process for a lock. Short: after it the store retries without blocking
 * (`WriteQueue`, `Connection.read`), so that requests that need no store are answered.
 */
const LOCK_TIMEOUT_MS = 10;

/**
 * Acknowledged means durable: FULL syncs the log at every commit, unless a `Connection` syncs it in the thread pool instead.
 * `fullfsync` is for macOS, where `fsync` alone does not reach the disk. A checkpoint blocks the event loop for two syncs and for
 * writing up to `wal_autocheckpoint` pages, so it runs a quarter as often as by default. https://www.sqlite.org/pragma.html
 */
const PRAGMAS = `
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = ON;
  PRAGMA checkpoint_fullfsync = ON;
  PRAGMA trusted_schema = OFF;
  PRAGMA temp_store = MEMORY;
  ${CACHE.serving};
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA journal_size_limit = 67108864;
`;

/**
 * Opens the file and brings it to the newest schema.
 * @param path relative to the working directory, or `:memory:`
 * @param options.now epoch seconds
 * @param options.create whether a missing file is created
 * @param options.onWait called once, when another process migrates the file: a sentence for the operator
 * @throws StoreOpenError
 */
export async function openDatabase(
  path: string,
  { now, create, onWait }: { now: number; create: boolean; onWait?: ((message: string) => void) | undefined },
): Promise<Database> {
  if (path !== IN_MEMORY) prepareFile(path, create);
  let database: Database | undefined;
  try {
    database = new Database(path === IN_MEMORY ? path : resolve(path), OPEN_TIMEOUT_MS);
    checkSchema(database, MIGRATIONS);
    await switchToWal(database);
    database.exec(PRAGMAS);
    await migrateInTurn(database, now, () =>
      onWait?.(
        `another process has locked the database ${path}, probably to migrate it: waiting until it has ended`,
      ),
    );
    completeAccountIndex(database);
    database.exec(`PRAGMA busy_timeout = ${LOCK_TIMEOUT_MS}`);
    return database;
  } catch (error) {
    database?.close();
    throw new StoreOpenError(explain(path, error), { cause: error });
  }
}

/**
 * Migrates the file, or waits until another process has done so. Where nothing is left to migrate, no lock is waited for.
 * @param onWait called once
 */
async function migrateInTurn(database: Database, now: number, onWait: () => void): Promise<void> {
  const begun = performance.now();
  let hasTold = false;
  // A short wait, so that signals are handled between two attempts.
  database.exec(`PRAGMA busy_timeout = ${MIGRATION_RETRY_MS}`);
  for (;;) {
    try {
      migrate(database, MIGRATIONS, now);
      break;
    } catch (error) {
      const waited = performance.now() - begun;
      if (resultCode(error) !== 'BUSY' || waited > MIGRATION_TIMEOUT_MS) throw error;
      if (!hasTold && waited > MIGRATION_NOTICE_MS) {
        hasTold = true;
        onWait();
      }
    }
    await delay(MIGRATION_RETRY_MS);
  }
  database.exec(`PRAGMA busy_timeout = ${OPEN_TIMEOUT_MS}`);
}

/** Retries here: SQLite does not wait for a lock when it changes the journal mode, which two processes may do at the first start. */
async function switchToWal(database: Database): Promise<void> {
  const deadline = performance.now() + OPEN_TIMEOUT_MS;
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (resultCode(error) !== 'BUSY' || performance.now() > deadline) throw error;
    }
    await delay(10);
  }
}

/** Creates the file and its directory with access for the owner only; SQLite gives the files beside it the same mode. */
function prepareFile(path: string, create: boolean): void {
  try {
    if (!create) requireFile(path);
    makeDirectory(dirname(path), 0o700);
    refuseLogAlone(path);
    createFile(path);
    requireAccess(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

/**
 * Makes the same checks without creating or opening anything.
 * @throws StoreOpenError
 */
export function checkFile(path: string): void {
  if (path === IN_MEMORY) return;
  try {
    refuseLogAlone(path);
    if (existsSync(path)) requireAccess(path);
    else accessSync(nearestDirectory(dirname(resolve(path))), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusable(path, error);
  }
}

function requireAccess(path: string): void {
  if (!statSync(path).isFile()) throw new StoreOpenError(`${path} is not a file: ${NAME_A_FILE}`);
  accessSync(path, constants.R_OK | constants.W_OK);
  accessSync(dirname(path), constants.W_OK | constants.X_OK);
}

function unusable(path: string, error: unknown): StoreOpenError {
  if (error instanceof StoreOpenError) return error;
  const code = errnoCode(error);
  return new StoreOpenError(
    `the database ${path} cannot be created, read and written (${code}): give this user the directory and the file, or ${NAME_A_FILE}`,
    { cause: error },
  );
}

function errnoCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

/** The file gets the owner of its directory, also when root creates it; SQLite gives the files beside it the same owner. */
function createFile(path: string): void {
  try {
    const descriptor = openSync(path, 'wx', 0o600);
    inheritOwner(descriptor, path);
    closeSync(descriptor);
  } catch (error) {
    if (errnoCode(error) !== 'EEXIST') throw error;
  }
}

function requireFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats !== undefined && (stats.size > 0 || sizeOf(`${path}-wal`) > 0 || !stats.isFile())) return;
  throw new StoreOpenError(`there is no database ${resolve(path)}: ${NO_STORE}`);
}

/** 0 when there is no such file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** A log without its database means that the database was lost; SQLite would create an empty one in its place. */
function refuseLogAlone(path: string): void {
  if (sizeOf(path) > 0 || sizeOf(`${path}-wal`) === 0) return;
  throw new StoreOpenError(
    `the database ${path} is gone while its log ${path}-wal is there: restore both from a backup, or remove the log to start empty`,
  );
}

const NAME_A_FILE = 'name another file in SIGNET_STORE';

/** Turns an error of SQLite into one sentence for the operator. */
export function explain(path: string, error: unknown): string {
  if (error instanceof SchemaError) {
    return error.reason === 'newer'
      ? `the database ${path} was written by a newer version of Signet: start that version, or restore the backup made before the upgrade`
      : `the database ${path} belongs to another program: ${NAME_A_FILE}`;
  }
  switch (resultCode(error)) {
    case 'NOTADB':
      return `${path} is not an SQLite database: ${NAME_A_FILE}`;
    case 'CORRUPT':
      return `the database ${path} is damaged: restore it from a backup`;
    case 'BUSY':
      return `the database ${path} is locked by another program: end that program and start again`;
    case 'FULL':
      return `the disk of the database ${path} is full: free some space and start again`;
    case 'READONLY':
    case 'CANTOPEN':
      return `the database ${path} cannot be written: give this user the directory and the file, or ${NAME_A_FILE}`;
    default:
      return `the database ${path} cannot be opened (${String(error)}): check the file and its disk, or ${NAME_A_FILE}`;
  }
}
