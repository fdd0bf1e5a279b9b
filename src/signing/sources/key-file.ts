import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_ALGORITHM, SIGNING_ALGORITHMS, type SigningAlgorithm } from '../algorithms.ts';
import { KeySourceError } from '../errors.ts';
import { thumbprintOf } from '../key-jwk.ts';
import { jwkOf, parseStoredKey, type StoredKey } from '../stored-key.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

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
  const text = readPrivateFile(path, 'signing key');
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

/**
 * Writes a key to a temporary file in its directory, flushes it to the disk, and has `place` give it its name in one step.
 * @param directory of all keys
 * @returns false when the name is taken
 * @throws KeySourceError when the file cannot be written
 */
export function writeKeyFile(directory: string, key: StoredKey, place: (temporary: string) => void): boolean {
  const own = directoryOf(directory, key.alg);
  try {
    return writePrivateFile([directory, own], `${JSON.stringify(key, null, 2)}\n`, place);
  } catch (error) {
    throw cannotWrite(directory, error);
  }
}

export function cannotWrite(directory: string, error: unknown): KeySourceError {
  const { code } = error as NodeJS.ErrnoException;
  return new KeySourceError(`cannot write a signing key to ${directory} (${code})`, { cause: error });
}
