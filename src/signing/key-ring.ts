import { createHash, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { createKeyFile, KeyFileError, readKeyFiles, type StoredKey } from './key-file.ts';
import { localSigningKey, type SigningKey } from './signing-key.ts';

/**
 * The ring of signing keys: which key signs, which ones are published, and for how long readers may cache that.
 * No HTTP here, and nobody else sees a private key.
 */

export type KeyState = 'announced' | 'signing' | 'retired' | 'gone';

/** Seconds that a reader may cache the JWKS; a key is announced for longer than this before it signs. */
export const JWKS_MAX_AGE = 300;

export interface KeyDescription {
  kid: string;
  alg: string;
  state: KeyState;
  /** Epoch seconds. */
  announcedAt: number;
  signsFrom: number;
  retiresAt?: number | undefined;
  goneAt?: number | undefined;
}

/** The published keys as they go over the wire (RFC 7517 §5). */
export interface PublishedKeys {
  body: string;
  /** Strong validator, quotes included. */
  etag: string;
  keys: JWK[];
}

export interface KeyRing {
  /** Keys to hand to the engine: the one that signs first, then those that only verify. */
  readonly keys: readonly SigningKey[];
  readonly published: PublishedKeys;
  describe(): KeyDescription[];
}

export interface KeyRingOptions {
  directory: string;
  /** Epoch milliseconds. */
  clock: () => number;
  /** Make a first key when there is none. */
  create: boolean;
  /** Told the kid of a key that was made. */
  onCreate?: (kid: string) => void;
}

/**
 * Opens the ring in a directory.
 * @throws KeyFileError when a key file cannot be used, or there is no key and none may be made
 */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  let stored = await readKeyFiles(options.directory);
  while (stored.length === 0) {
    if (!options.create) throw new KeyFileError(`there is no signing key in ${options.directory}`);
    const key = await generateKey(options.clock());
    if (createKeyFile(options.directory, stored.length + 1, key)) options.onCreate?.(key.kid);
    stored = await readKeyFiles(options.directory);
  }
  return createKeyRing(stored, options.clock);
}

function createKeyRing(stored: readonly StoredKey[], clock: () => number): KeyRing {
  const now = Math.floor(clock() / 1000);
  const live = stored
    .filter((key) => stateOf(key, now) !== 'gone')
    .sort((a, b) => rank(a, now) - rank(b, now) || b.signsFrom - a.signsFrom || a.kid.localeCompare(b.kid));
  const [first] = live;
  if (first === undefined || stateOf(first, now) !== 'signing') {
    throw new KeyFileError('no key of the ring may sign now; all are announced, retired or gone');
  }
  const keys = live.map((key) => localSigningKey(key.kid, key.alg, key.privateJwk));
  const published = publish(keys);
  return {
    keys,
    published,
    describe: () => {
      const seconds = Math.floor(clock() / 1000);
      return stored.map(({ privateJwk: _private, ...key }) => ({ ...key, state: stateOf(key, seconds) }));
    },
  };
}

function stateOf(key: Omit<StoredKey, 'privateJwk'>, now: number): KeyState {
  if (key.goneAt !== undefined && key.goneAt <= now) return 'gone';
  if (key.retiresAt !== undefined && key.retiresAt <= now) return 'retired';
  return key.signsFrom <= now ? 'signing' : 'announced';
}

function rank(key: StoredKey, now: number): number {
  return stateOf(key, now) === 'signing' ? 0 : 1;
}

function publish(keys: readonly SigningKey[]): PublishedKeys {
  const jwks = keys.map((key) => publicJwk(key.kid, key.alg, key.publicKey));
  const body = JSON.stringify({ keys: jwks });
  return { body, keys: jwks, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

/** Members in the order readers know; `kid`, `use` and `alg` always present. */
function publicJwk(kid: string, alg: string, key: KeyObject): JWK {
  const { kty, n, e } = key.export({ format: 'jwk' });
  return { kty, use: 'sig', alg, kid, n, e } as JWK;
}

async function generateKey(now: number): Promise<StoredKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const privateJwk = await exportJWK(privateKey);
  const seconds = Math.floor(now / 1000);
  return {
    kid: await calculateJwkThumbprint(privateJwk),
    alg: 'RS256',
    announcedAt: seconds,
    signsFrom: seconds,
    privateJwk,
  };
}
