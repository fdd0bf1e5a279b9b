import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inheritOwner, makeDirectory } from '../../file-owner.ts';
import { KeySourceError } from '../errors.ts';
import { thumbprintOf } from '../key-jwk.ts';
import { jwkOf, parseStoredKey, type StoredKey } from '../stored-key.ts';

/** One key file: its name, its permissions, and how it is read and written. `NNNN-ALG.json`, mode 0600, in a directory with mode 0700. */

export interface KeyFile {
  path: string;
  key: StoredKey;
}

/** Where the file of a new key belongs. One file system name for each number: only one process can create it. */
export function pathOfKey(directory: string, { number, alg }: StoredKey): string {
  return join(directory, `${String(number).padStart(4, '0')}-${alg}.json`);
}

/**
 * @returns the paths in the order of the numbers; empty when there is no directory
 * @throws KeySourceError when the directory cannot be read
 */
export function listKeyFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort()
      .map((name) => join(directory, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new KeySourceError(`cannot read the key directory ${directory} (${code})`);
  }
}

/** @throws KeySourceError when the file is no usable key, or readable by others */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const text = readPrivateFile(path);
  let key: StoredKey;
  let kid: string;
  try {
    key = parseStoredKey(text);
    kid = await thumbprintOf(key.alg, jwkOf(key));
  } catch {
    // The cause may quote the file, so it is dropped.
    throw new KeySourceError(
      `${path} is not a private signing key; restore it from a backup or move it away`,
    );
  }
  if (kid !== key.kid) {
    throw new KeySourceError(`${path} does not hold the key that its kid names; restore it from a backup`);
  }
  return { path, key };
}

function readPrivateFile(path: string): string {
  try {
    if ((statSync(path).mode & 0o077) === 0) return readFileSync(path, 'utf8');
  } catch (error) {
    throw new KeySourceError(
      `cannot read the signing key ${path} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  throw new KeySourceError(`${path} can be read by others; run: chmod 600 ${path}`);
}

/**
 * Writes a key to a temporary file in its directory, flushes it to the disk, and has `place` give it its name in one step.
 * @returns false when the name is taken
 * @throws KeySourceError when the file cannot be written
 */
export function writeKeyFile(directory: string, key: StoredKey, place: (temporary: string) => void): boolean {
  const temporary = join(directory, `.new-${randomUUID()}`);
  try {
    makeDirectory(directory, 0o700);
    chmodSync(directory, 0o700);
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      inheritOwner(descriptor, temporary);
      writeFileSync(descriptor, `${JSON.stringify(key, null, 2)}\n`, { flush: true });
    } finally {
      closeSync(descriptor);
    }
    place(temporary);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cannotWrite(directory, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

export function cannotWrite(directory: string, error: unknown): KeySourceError {
  const { code } = error as NodeJS.ErrnoException;
  return new KeySourceError(`cannot write a signing key to ${directory} (${code})`, { cause: error });
}
