import { randomUUID } from 'node:crypto';
import { chmodSync, closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inheritOwner, makeDirectory } from '../../file-owner.ts';
import { KeySourceError } from '../errors.ts';

/** Files that only the owner may read (0600), in directories that only the owner may enter (0700). */

/**
 * @param what for messages, such as `signing key`
 * @throws KeySourceError when the file cannot be read, or others can read it
 */
export function readPrivateFile(path: string, what: string): string {
  try {
    if ((statSync(path).mode & 0o077) === 0) return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KeySourceError(`cannot read the ${what} ${path} (${code})`, { cause: error });
  }
  throw new KeySourceError(`${path} can be read by others; run: chmod 600 ${path}`);
}

/**
 * Writes a temporary file, flushes it to the disk, and has `place` give it its name in one step.
 * @param directories made private; the last one is that of the file
 * @returns false when the name is taken
 * @throws the error of the file system when the file cannot be written
 */
export function writePrivateFile(
  directories: readonly string[],
  content: string,
  place: (temporary: string) => void,
): boolean {
  const own = directories.at(-1) as string;
  const temporary = join(own, `.new-${randomUUID()}`);
  try {
    makeDirectory(own, 0o700);
    for (const each of new Set(directories)) chmodSync(each, 0o700);
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      inheritOwner(descriptor, temporary);
      writeFileSync(descriptor, content, { flush: true });
    } finally {
      closeSync(descriptor);
    }
    place(temporary);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}
