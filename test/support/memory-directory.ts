import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux has a file system in memory here, on which flushing a database costs nothing. */
const SHARED_MEMORY = '/dev/shm';

/** Bytes for databases. A container often has 64 MiB there. */
const ENOUGH = 512 * 2 ** 20;

/** Bytes for all temporary files of a run. */
const PLENTY = 4 * 2 ** 30;

let parent: string | undefined;

/** What a crashed run would leave in memory. */
const directories = new Set<string>();
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
});

/**
 * Makes a directory in memory where the machine has enough of it, else a temporary one. The caller removes it.
 * @param name how its name begins
 */
export function makeMemoryDirectory(name: string): string {
  parent ??= freeBytes() >= ENOUGH ? SHARED_MEMORY : tmpdir();
  return makeDirectory(parent, name);
}

/**
 * A directory in memory for the temporary files of this process, programs among them. It is removed when the process exits.
 * @returns undefined where the machine has too little memory for it, or runs no programs there
 */
export function makeMemoryTmpdir(): string | undefined {
  if (freeBytes() < PLENTY || !runsPrograms()) return undefined;
  const directory = makeDirectory(SHARED_MEMORY, 'signet-tests');
  // Tests start programs as other users.
  chmodSync(directory, 0o755);
  return directory;
}

function makeDirectory(place: string, name: string): string {
  const directory = mkdtempSync(join(place, `${name}-`));
  directories.add(directory);
  return directory;
}

/** 0 where there is no such file system. */
function freeBytes(): number {
  try {
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    return bavail * bsize;
  } catch {
    return 0;
  }
}

function runsPrograms(): boolean {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const [, , , options = 'noexec'] =
    mounts.find((line) => line.split(' ')[1] === SHARED_MEMORY)?.split(' ') ?? [];
  return !options.split(',').includes('noexec');
}
