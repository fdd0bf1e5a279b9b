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
import { DEFAULT_ALGORITHM, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../algorithms.ts';
import { KeySourceError } from '../errors.ts';
import { thumbprintOf } from '../key-jwk.ts';
import { jwkOf, parseStoredKey, type StoredKey } from '../stored-key.ts';

/**
 * One key file: its name, its permissions, and how it is read and written. `NNNN-ALG.json`, mode 0600, in a directory with mode 0700.
 *
 * Keys for RS256 are in the directory itself, those for another algorithm in a directory below it: version 0.1 fails on a file with another
 * algorithm, and reads no directory below.
 */

export interface KeyFile extends KeyFilePath {
  key: StoredKey;
}

interface KeyFilePath {
  path: string;
  /** Of the directory that it is in. */
  alg: SigningAlgorithm;
}

/** Where the file of a new key belongs. One file system name for each number: only one process can create it. */
export function pathOfKey(directory: string, { number, alg }: Pick<StoredKey, 'number' | 'alg'>): string {
  return join(directoryOf(directory, alg), `${String(number).padStart(4, '0')}-${alg}.json`);
}

/** Where the files of an algorithm are. */
export function directoryOf(directory: string, alg: SigningAlgorithm): string {
  return alg === DEFAULT_ALGORITHM ? directory : join(directory, alg);
}

/**
 * @returns the paths by algorithm, then in the order of the numbers; empty when there is no directory
 * @throws KeySourceError when a directory cannot be read
 */
export function listKeyFiles(directory: string): KeyFilePath[] {
  return SIGNING_ALGORITHMS.flatMap((alg) =>
    listFiles(directoryOf(directory, alg)).map((path) => ({ path, alg })),
  );
}

function listFiles(directory: string): string[] {
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
export async function readKeyFile({ path, alg }: KeyFilePath): Promise<KeyFile> {
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
  if (key.alg !== alg) {
    throw new KeySourceError(`${path} is a key for ${key.alg}, and the directory is for ${alg}; move it`);
  }
  if (kid !== key.kid) {
    throw new KeySourceError(`${path} does not hold the key that its kid names; restore it from a backup`);
  }
  return { path, alg, key };
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
 * @param directory of all keys
 * @returns false when the name is taken
 * @throws KeySourceError when the file cannot be written
 */
export function writeKeyFile(directory: string, key: StoredKey, place: (temporary: string) => void): boolean {
  const own = directoryOf(directory, key.alg);
  const temporary = join(own, `.new-${randomUUID()}`);
  try {
    makeDirectory(own, 0o700);
    for (const each of new Set([directory, own])) chmodSync(each, 0o700);
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
