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
 * Ownership of new files. A file that root creates gets the owner of its directory: `sudo signet keys rotate` must not leave a key that the
 * service's user cannot read. Files of other users are unchanged.
 */

/**
 * Gives a file that root created the owner of its directory. By descriptor, not by path: that owner can write to the directory, and could
 * replace the file by a link to another one.
 * @param descriptor of a file that this process created with `O_EXCL`, or of a new directory
 * @param path of the same file
 */
export function inheritOwner(descriptor: number, path: string): void {
  if (fstatSync(descriptor).uid !== 0) return;
  changeOwner(descriptor, statSync(dirname(resolve(path))));
}

/**
 * Creates a directory and its missing parents. Those that root creates get the owner of the nearest parent that existed.
 * @param mode of the new directories
 */
export function makeDirectory(path: string, mode: number): void {
  const first = mkdirSync(path, { recursive: true, mode });
  if (first === undefined) return;
  const owner = statSync(dirname(resolve(first)));
  for (let created = resolve(path); created.length >= resolve(first).length; created = dirname(created)) {
    const descriptor = openSync(created, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
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
    // In a user namespace, root cannot give a file to a user that is not mapped.
  }
}

/** @returns the path, or its nearest parent that exists */
export function nearestDirectory(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestDirectory(dirname(path));
}
