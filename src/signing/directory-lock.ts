import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two attempts. */
const PAUSE = 10;

/** Attempts, about two seconds. What holds the lock reads and writes one small file. */
const ATTEMPTS = 200;

/**
 * Runs work while no other process does so in the directory. The lock is a file, `.lock`; one that stays for longer than the work can take
 * was left by a process that was killed, and is removed.
 */
export async function withDirectoryLock<Result>(
  directory: string,
  work: () => Promise<Result>,
  attempts = ATTEMPTS,
): Promise<Result> {
  const lock = join(directory, '.lock');
  let seen = identityOf(lock);
  for (let attempt = 1; !take(lock); attempt += 1) {
    const now = identityOf(lock);
    if (now !== seen) {
      seen = now;
      attempt = 1;
    } else if (attempt >= attempts) rmSync(lock, { force: true });
    await sleep(PAUSE);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Tells one lock from the next. */
function identityOf(lock: string): string | undefined {
  const found = statSync(lock, { throwIfNoEntry: false });
  return found && `${found.ino} ${found.mtimeMs}`;
}
