import { closeSync, fdatasync, openSync, readSync, realpathSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

/**
 * The log of an open database, and its way to the disk in the thread pool: SQLite's own sync at every commit would stop the event loop,
 * and with it everybody who waits for a token, for as long as the disk takes.
 */
export interface WriteAheadLog {
  /** What was committed before the call, by any process, is durable when it resolves. @throws whatever the file system says */
  sync(): Promise<void>;
  /** Has the next sync write everything, also what an earlier one has failed with. @throws whatever the file system says */
  writeAgain(): void;
  close(): void;
}

const datasync = promisify(fdatasync);

/** @param path of the database, which is open, so that its log is there and stays */
export function openWriteAheadLog(path: string): WriteAheadLog {
  // SQLite has its log where a symbolic link leads.
  const file = openSync(`${realpathSync(path)}-wal`, 'r+');
  return {
    sync: () => datasync(file),
    writeAgain: () => writeSameBytes(file),
    close: () => closeSync(file),
  };
}

function writeSameBytes(file: number): void {
  const chunk = Buffer.allocUnsafe(2 ** 20);
  for (let at = 0, length: number; (length = readSync(file, chunk, 0, chunk.length, at)) > 0; at += length) {
    writeSync(file, chunk, 0, length, at);
  }
}
