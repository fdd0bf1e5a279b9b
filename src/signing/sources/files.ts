import { accessSync, constants, linkSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearestDirectory } from '../../file-owner.ts';
import type { SigningAlgorithm } from '../algorithms.ts';
import { KeySourceError } from '../errors.ts';
import type { KeySource } from '../key-source.ts';
import { requireSigningKey } from '../key-state.ts';
import { signingKeyProblem } from '../key-strength.ts';
import { localSigners } from '../signers/local.ts';
import { hasDefaultKey, type StoredKey } from '../stored-key.ts';
import { withDirectoryLock } from './directory-lock.ts';
import {
  cannotWrite,
  type KeyFile,
  listKeyFiles,
  directoryOf,
  pathOfKey,
  readKeyFile,
  writeKeyFile,
} from './key-file.ts';

/** Keys as files in a directory of one machine, one file a key (`key-file.ts`). `link` creates a file under a name only once; changes take the lock. */
export function keyFiles(directory: string): KeySource {
  const find = async (kid: string): Promise<KeyFile | undefined> => {
    for (const path of listKeyFiles(directory)) {
      const file = await readKeyFile(path);
      if (file.key.kid === kid) return file;
    }
    return undefined;
  };
  return {
    ...localSigners,
    name: resolve(directory),
    async read() {
      const files: KeyFile[] = [];
      for (const path of listKeyFiles(directory)) files.push(await readKeyFile(path));
      return usableKeys(files);
    },
    async create(key) {
      const path = pathOfKey(directory, key);
      return writeKeyFile(directory, key, (temporary) => linkSync(temporary, path));
    },
    async change(kid, change) {
      const file = await find(kid);
      if (file === undefined) throw new KeySourceError(`there is no key ${kid} in ${directory}`);
      return await locked(directory, async () => {
        const changed = change((await readKeyFile(file)).key);
        if (changed !== undefined)
          writeKeyFile(directory, changed, (temporary) => renameSync(temporary, file.path));
        return changed;
      });
    },
    async remove(kid) {
      const file = await find(kid);
      if (file !== undefined) rmSync(file.path);
    },
  };
}

async function locked<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await withDirectoryLock(directory, work);
  } catch (error) {
    if (error instanceof KeySourceError) throw error;
    throw cannotWrite(directory, error);
  }
}

/** @throws KeySourceError when a key is there twice, or is too weak */
function usableKeys(files: readonly KeyFile[]): StoredKey[] {
  const seen = new Map<string, string>();
  for (const { path, key } of files) {
    const other = seen.get(key.kid);
    if (other !== undefined) {
      throw new KeySourceError(`${path} holds the same key as ${other}; remove one of them`);
    }
    const problem = signingKeyProblem(key);
    if (problem !== undefined) throw new KeySourceError(`the signing key ${path} ${problem}`);
    seen.set(key.kid, path);
  }
  return files.map(({ key }) => key);
}

/**
 * Checks the keys of a directory, or whether a first key can be written. Writes nothing.
 * @param algorithms of which each needs a key
 * @param now epoch seconds
 * @returns every problem, a sentence each
 */
export async function checkKeyFiles(
  directory: string,
  algorithms: readonly SigningAlgorithm[],
  now: number,
): Promise<string[]> {
  try {
    const paths = listKeyFiles(directory);
    for (const missing of algorithms.filter((alg) => !paths.some((path) => path.alg === alg))) {
      const place = nearestDirectory(resolve(directoryOf(directory, missing)));
      accessSync(place, constants.W_OK | constants.X_OK);
    }
    if (paths.length === 0) return [];
    const read = await Promise.allSettled(paths.map(readKeyFile));
    const problems = read.flatMap((each) => (each.status === 'rejected' ? [messageOf(each.reason)] : []));
    const files = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (problems.length > 0) return problems;
    const keys = usableKeys(files);
    if (hasDefaultKey(keys)) requireSigningKey(keys, now);
    return problems;
  } catch (error) {
    return [error instanceof KeySourceError ? error.message : cannotWrite(directory, error).message];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
