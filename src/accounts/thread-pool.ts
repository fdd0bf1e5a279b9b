import { readdirSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Has the threads of libuv's pool, which hash passwords and otherwise wait for the disk, stand back behind the thread that signs tokens and
 * answers. Only Linux gives threads a priority of their own, and shows them; elsewhere, and where it is not allowed, nothing changes.
 * The pool exists from its first job on.
 */
export function lowerThreadPoolPriority(): void {
  try {
    for (const id of readdirSync('/proc/self/task')) {
      const name = readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim();
      if (name === 'libuv-worker') setPriority(Number(id), constants.priority.PRIORITY_BELOW_NORMAL);
    }
  } catch {
    // Slower under a flood of sign-ins, as on every other system.
  }
}
