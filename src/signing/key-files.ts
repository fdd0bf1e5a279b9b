import { createPrivateKey, createPublicKey, randomUUID } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { inheritOwner, makeDirectory, nearestDirectory } from '../file-owner.ts';
import { withDirectoryLock } from './directory-lock.ts';
import { requireSigningKey } from './key-ring.ts';
import { type KeySource, KeySourceError } from './key-source.ts';
import { signingKeyProblem } from './key-strength.ts';
import { openLocally } from './signing-key.ts';
import { generateStoredKey, parseStoredKey, type StoredKey } from './stored-key.ts';

/** Signing keys as files: one JSON file a key, mode 0600, in a directory with mode 0700. Nothing else reads or writes them. */
export function keyFiles(directory: string): KeySource {
  const pathOf = async (kid: string): Promise<string | undefined> => {
    for (const path of listFiles(directory)) if ((await readKeyFile(path)).key.kid === kid) return path;
    return undefined;
  };
  return {
    name: resolve(directory),
    make: generateStoredKey,
    open: openLocally,
    async read() {
      const files: KeyFile[] = [];
      for (const path of listFiles(directory)) files.push(await readKeyFile(path));
      return usableKeys(files);
    },
    async create(key) {
      const path = join(directory, `${String(key.number).padStart(4, '0')}-${key.alg}.json`);
      return write(directory, key, (temporary) => linkSync(temporary, path));
    },
    async change(kid, change) {
      const path = await pathOf(kid);
      if (path === undefined) throw new KeySourceError(`there is no key ${kid} in ${directory}`);
      return await exclusively(directory, async () => {
        const changed = change((await readKeyFile(path)).key);
        if (changed !== undefined) write(directory, changed, (temporary) => renameSync(temporary, path));
        return changed;
      });
    },
    async remove(kid) {
      const path = await pathOf(kid);
      if (path !== undefined) rmSync(path);
    },
  };
}

async function exclusively<Result>(directory: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await withDirectoryLock(directory, work);
  } catch (error) {
    if (error instanceof KeySourceError) throw error;
    throw unwritable(directory, error);
  }
}

/**
 * What is wrong with the keys in a directory, or with one that is not there and could not be made; a sentence each.
 * @param now epoch seconds
 */
export async function checkKeyFiles(directory: string, now: number): Promise<string[]> {
  try {
    const paths = listFiles(directory);
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
    if (error instanceof KeySourceError) return [error.message];
    return [`cannot write a signing key to ${directory} (${(error as NodeJS.ErrnoException).code})`];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Writes a key beside its place, durably, and has it put there in one step.
 * @returns false when something is there already
 */
function write(directory: string, key: StoredKey, place: (temporary: string) => void): boolean {
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
    throw unwritable(directory, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function unwritable(directory: string, error: unknown): KeySourceError {
  const { code } = error as NodeJS.ErrnoException;
  return new KeySourceError(`cannot write a signing key to ${directory} (${code})`, { cause: error });
}

/** Paths in the order of their numbers. */
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

interface KeyFile {
  path: string;
  key: StoredKey;
}

/** @throws KeySourceError for a key that is there twice, or too weak to be used */
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

async function readKeyFile(path: string): Promise<KeyFile> {
  const text = readPrivateFile(path);
  let key: StoredKey;
  try {
    key = parseStoredKey(text);
    if ('privateJwk' in key) createPrivateKey({ key: key.privateJwk, format: 'jwk' });
    else createPublicKey({ key: key.publicJwk, format: 'jwk' });
  } catch {
    // The cause may quote the file, so it is dropped.
    throw new KeySourceError(
      `${path} is not a private signing key; restore it from a backup or move it away`,
    );
  }
  const jwk = 'privateJwk' in key ? key.privateJwk : key.publicJwk;
  if ((await calculateJwkThumbprint(jwk)) !== key.kid) {
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
