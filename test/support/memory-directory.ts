import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux has a file system in memory here, on which flushing a database costs nothing. */
const SHARED_MEMORY = '/dev/shm';

/** Bytes. A container often has 64 MiB there. */
const ENOUGH = 512 * 2 ** 20;

let parent: string | undefined;

/** What a crashed run would leave in memory. */
const directories = new Set<string>();
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/**
 * Makes a directory in memory where the machine has enough of it, else a temporary one. The caller removes it.
 * @param name how its name begins
 */
export function makeMemoryDirectory(name: string): string {
  parent ??= freeBytes(SHARED_MEMORY) >= ENOUGH ? SHARED_MEMORY : tmpdir();
  const directory = mkdtempSync(join(parent, `${name}-`));
  directories.add(directory);
  return directory;
}

/** 0 where there is no such file system. */
function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
