import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

/**
 * The log of an open database, and its way to the disk in the thread pool: SQLite's own sync at every commit would stop the event loop,
 * and with it everybody who waits for a token, for as long as the disk takes.
 */
export interface WriteAheadLog {
  /** What was committed before the call is durable when it resolves. @throws whatever the file system says */
  sync(): Promise<void>;
  close(): void;
}

const datasync = promisify(fdatasync);

/** @param path of the database, which is open, so that its log is there and stays */
export function openWriteAheadLog(path: string): WriteAheadLog {
  const file = openSync(`${path}-wal`, 'r+');
  return { sync: () => datasync(file), close: () => closeSync(file) };
}
