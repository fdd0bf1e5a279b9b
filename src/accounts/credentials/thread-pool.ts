import { readdirSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Lowers the priority of the libuv thread pool, which hashes passwords and otherwise waits for the disk, below the main thread, which
 * signs tokens and responds. Call it after the first job: the threads do not exist earlier. Only Linux has a priority per
 * thread; on other systems, or without the permission, this does nothing.
 */
export function lowerThreadPoolPriority(): void {
  try {
    for (const id of readdirSync('/proc/self/task')) {
      const name = readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim();
      if (name === 'libuv-worker') setPriority(Number(id), constants.priority.PRIORITY_BELOW_NORMAL);
    }
  } catch {
    // Without it, signing is slower under a flood of sign-ins.
  }
}
