import { accessSync, constants, linkSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { nearestDirectory } from '../../file-owner.ts';
import { KeySourceError } from '../errors.ts';
import type { KeySource } from '../key-source.ts';
import { requireSigningKey } from '../key-state.ts';
import { signingKeyProblem } from '../key-strength.ts';
import { localSigners } from '../signers/local.ts';
import type { StoredKey } from '../stored-key.ts';
import { withDirectoryLock } from './directory-lock.ts';
import { cannotWrite, type KeyFile, listKeyFiles, pathOfKey, readKeyFile, writeKeyFile } from './key-file.ts';

/** Keys as files in a directory of one machine, one file a key. `link` creates a file under a name only once; changes take the lock. */
export function keyFiles(directory: string): KeySource {
  const pathOf = async (kid: string): Promise<string | undefined> => {
    for (const path of listKeyFiles(directory)) if ((await readKeyFile(path)).key.kid === kid) return path;
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
      const path = await pathOf(kid);
      if (path === undefined) throw new KeySourceError(`there is no key ${kid} in ${directory}`);
      return await locked(directory, async () => {
        const changed = change((await readKeyFile(path)).key);
        if (changed !== undefined)
          writeKeyFile(directory, changed, (temporary) => renameSync(temporary, path));
        return changed;
      });
    },
    async remove(kid) {
      const path = await pathOf(kid);
      if (path !== undefined) rmSync(path);
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
 * @param now epoch seconds
 * @returns every problem, a sentence each
 */
export async function checkKeyFiles(directory: string, now: number): Promise<string[]> {
  try {
    const paths = listKeyFiles(directory);
    if (paths.length === 0) {
      accessSync(nearestDirectory(resolve(directory)), constants.W_OK | constants.X_OK);
      return [];
    }
    const read = await Promise.allSettled(paths.map(readKeyFile));
    const problems = read.flatMap((each) => (each.status === 'rejected' ? [messageOf(each.reason)] : []));
    const files = read.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (problems.length === 0) requireSigningKey(usableKeys(files), now);
    return problems;
  } catch (error) {
    return [error instanceof KeySourceError ? error.message : cannotWrite(directory, error).message];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
