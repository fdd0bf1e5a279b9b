import { closeSync, fdatasync, openSync, readSync, realpathSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

/**
 * The write-ahead log of an open database, synced in the thread pool: SQLite's own sync at every commit would block the event loop, and
 * with it every other request, for as long as the disk takes.
 */
export interface WriteAheadLog {
  /** Makes everything durable that any process committed before the call. @throws errors of the file system */
  sync(): Promise<void>;
  /** Writes the whole log again, so that the next sync includes what a failed one did not write. @throws errors of the file system */
  writeAgain(): void;
  close(): void;
}

const datasync = promisify(fdatasync);

/** @param path path of the database, which must be open: then its log exists and stays */
export function openWriteAheadLog(path: string): WriteAheadLog {
  // SQLite puts the log beside the target of a symbolic link.
  const file = openSync(`${realpathSync(path)}-wal`, 'r+');
  return {
    sync: () => datasync(file),
    writeAgain: () => rewrite(file),
    close: () => closeSync(file),
  };
}

function rewrite(file: number): void {
  const chunk = Buffer.allocUnsafe(2 ** 20);
  for (let at = 0, length: number; (length = readSync(file, chunk, 0, chunk.length, at)) > 0; at += length) {
    writeSync(file, chunk, 0, length, at);
  }
}
