import { accessSync, constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux has a file system in memory here, on which flushing a database costs nothing. */
const SHARED_MEMORY = '/dev/shm';

/**
 * Makes a directory in memory where the machine allows it, else a temporary one. The caller removes it.
 * @param name how its name begins
 */
export function makeMemoryDirectory(name: string): string {
  return mkdtempSync(join(isWritable(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), `${name}-`));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
