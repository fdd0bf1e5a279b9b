import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Files that root makes get the owner of their directory: `sudo signet keys rotate` in the directory of the service's user must not leave
 * a key that the service cannot read. Other users own what they make.
 */

/**
 * Gives a new file the owner of its directory, if it is root's. By descriptor, never by path: the other user may write to the directory,
 * and could put a link there.
 * @param descriptor of a file that this process made (`O_EXCL`), or of a new directory
 * @param path of it
 */
export function inheritOwner(descriptor: number, path: string): void {
  if (fstatSync(descriptor).uid !== 0) return;
  changeOwner(descriptor, statSync(dirname(resolve(path))));
}

/**
 * Makes a directory and those above it that are missing.
 * @param mode of the new ones
 */
export function makeDirectory(path: string, mode: number): void {
  const first = mkdirSync(path, { recursive: true, mode });
  if (first === undefined) return;
  const owner = statSync(dirname(resolve(first)));
  for (let made = resolve(path); made.length >= resolve(first).length; made = dirname(made)) {
    const descriptor = openSync(made, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      if (fstatSync(descriptor).uid === 0) changeOwner(descriptor, owner);
    } finally {
      closeSync(descriptor);
    }
  }
}

function changeOwner(descriptor: number, { uid, gid }: Stats): void {
  if (uid === 0) return;
  try {
    fchownSync(descriptor, uid, gid);
  } catch {
    // Root of a container may not give files to a user whom the container does not know.
  }
}

/** The directory itself, or the nearest one above it that is there. */
export function nearestDirectory(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestDirectory(dirname(path));
}
