import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 10;

/** About two seconds. The holder of the lock reads and writes one small file. */
const MAX_ATTEMPTS = 200;

/**
 * Runs work under a lock that excludes other processes. The lock is the file `.lock` in the directory. A lock that outlives the longest
 * possible work was left by a process that was killed, and is removed.
 * @param maxAttempts after which the lock counts as left behind
 */
export async function withDirectoryLock<Result>(
  directory: string,
  work: () => Promise<Result>,
  maxAttempts = MAX_ATTEMPTS,
): Promise<Result> {
  const lock = join(directory, '.lock');
  let last = identityOf(lock);
  for (let attempt = 1; !tryLock(lock); attempt += 1) {
    const current = identityOf(lock);
    if (current !== last) {
      last = current;
      attempt = 1;
    } else if (attempt >= maxAttempts) rmSync(lock, { force: true });
    await sleep(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @returns whether the lock was acquired */
function tryLock(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Distinguishes successive locks. */
function identityOf(lock: string): string | undefined {
  const found = statSync(lock, { throwIfNoEntry: false });
  return found && `${found.ino} ${found.mtimeMs}`;
}
