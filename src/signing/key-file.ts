import { createPrivateKey, randomUUID } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { z } from 'zod';
import type { SigningAlgorithm } from './signing-key.ts';

/** Signing keys as files: one JSON file a key, mode 0600, in a directory with mode 0700. Nothing else reads or writes them. */

/** Times are epoch seconds. A key is announced (published), signs, is retired (still published), and is gone. */
export interface StoredKey {
  kid: string;
  alg: SigningAlgorithm;
  announcedAt: number;
  signsFrom: number;
  retiresAt?: number | undefined;
  goneAt?: number | undefined;
  privateJwk: JWK;
}

/** A key file or its directory cannot be used. The message names the file and never its content. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

const content = z.strictObject({
  kid: z.string().min(1),
  alg: z.literal('RS256'),
  announcedAt: z.number().int(),
  signsFrom: z.number().int(),
  retiresAt: z.number().int().optional(),
  goneAt: z.number().int().optional(),
  privateJwk: z.looseObject({ kty: z.literal('RSA'), n: z.string(), e: z.string(), d: z.string() }),
});

/**
 * Every key of the directory, oldest file first; none when the directory is missing.
 * @throws KeyFileError for a file that is unreadable, open to others, malformed, public-only or a duplicate
 */
export async function readKeyFiles(directory: string): Promise<StoredKey[]> {
  const keys: StoredKey[] = [];
  const seen = new Map<string, string>();
  for (const name of listKeyFiles(directory)) {
    const path = join(directory, name);
    const key = await readKeyFile(path);
    const other = seen.get(key.kid);
    if (other !== undefined)
      throw new KeyFileError(`${path} holds the same key as ${other}; remove one of them`);
    seen.set(key.kid, path);
    keys.push(key);
  }
  return keys;
}

/**
 * Writes a new key.
 * @param number one more than the keys that the caller has seen; of two processes that have seen the same, one writes
 * @returns false when another process took the number first: read the directory again
 * @throws KeyFileError when the directory cannot be written
 */
export function createKeyFile(directory: string, number: number, key: StoredKey): boolean {
  const temporary = join(directory, `.new-${randomUUID()}`);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
    const path = join(directory, `${String(number).padStart(4, '0')}-${key.alg}.json`);
    writeFileSync(temporary, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new KeyFileError(
      `cannot write a signing key to ${directory} (${(error as NodeJS.ErrnoException).code})`,
      {
        cause: error,
      },
    );
  } finally {
    try {
      unlinkSync(temporary);
    } catch {
      // It was never written.
    }
  }
}

function listKeyFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new KeyFileError(
      `cannot read the key directory ${directory} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

async function readKeyFile(path: string): Promise<StoredKey> {
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      throw new KeyFileError(`${path} can be read by others; run: chmod 600 ${path}`);
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof KeyFileError) throw error;
    throw new KeyFileError(`cannot read the signing key ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
  let key: StoredKey;
  try {
    key = content.parse(JSON.parse(text));
    createPrivateKey({ key: key.privateJwk, format: 'jwk' });
  } catch {
    // The cause may quote the file, so it is dropped.
    throw new KeyFileError(`${path} is not a private signing key; restore it from a backup or move it away`);
  }
  if ((await calculateJwkThumbprint(key.privateJwk)) !== key.kid) {
    throw new KeyFileError(`${path} does not hold the key that its kid names; restore it from a backup`);
  }
  return key;
}
