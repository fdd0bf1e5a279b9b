import { createHash, type KeyObject, verify } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JWK } from 'jose';
import { type KeySource, KeySourceError, noKey } from './key-source.ts';
import { openLocally, type SigningKey } from './signing-key.ts';
import { type KeyState, type KeyTimes, signingKeyOf, stateOf, type StoredKey } from './stored-key.ts';

/**
 * The ring of signing keys at one moment: which key signs and which ones are published. No HTTP here, and nobody else sees a private
 * key. Rings do not change; when a key or the time does, there is another one (`key-ring-watcher.ts`).
 */

/** Seconds that a reader may cache the JWKS; a key is announced for longer than this before it signs. */
export const JWKS_MAX_AGE = 300;

/** Milliseconds until another process has written the key that it was first to make. */
const RETRY = 50;

export interface KeyDescription extends KeyTimes {
  state: KeyState;
  /** Where it is in an HSM. */
  hsmId?: string;
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
  /** When the oldest key that is kept was announced, epoch seconds. */
  readonly since: number;
  /** Equal for rings that do the same. */
  readonly fingerprint: string;
}

export interface KeyRingOptions {
  source: KeySource;
  /** Epoch milliseconds. */
  clock: () => number;
  /** Told the kid of a first key that was made; without this, none is. */
  onCreate?: ((kid: string) => void) | undefined;
}

/**
 * Reads the ring. Makes a first key where there is none and `onCreate` is given.
 * @throws KeySourceError when a key cannot be used, or none may sign
 */
export async function openKeyRing({ source, clock, onCreate }: KeyRingOptions): Promise<KeyRing> {
  const now = Math.floor(clock() / 1000);
  let stored = await source.read();
  while (stored.length === 0 && onCreate !== undefined) {
    const key = await source.make(stored, { announcedAt: now, signsFrom: now });
    if (await source.create(key)) onCreate(key.kid);
    else await sleep(RETRY);
    stored = await source.read();
  }
  if (stored.length === 0) throw noKey(source);
  return createKeyRing(stored, now, source.open);
}

/** @throws KeySourceError when no key may sign at `now` (epoch seconds) */
export function createKeyRing(
  stored: readonly StoredKey[],
  now: number,
  open: KeySource['open'] = openLocally,
): KeyRing {
  const first = requireSigningKey(stored, now);
  const others = stored.filter((key) => key !== first && stateOf(key, now) !== 'gone');
  const fingerprint = [first, ...others].map((key) => key.kid).join();
  const keys = [first, ...others].map((key) => open(key));
  const since = Math.min(...stored.map((key) => key.announcedAt));
  return { keys, published: publish(keys), since, fingerprint };
}

/** @throws KeySourceError when no key may sign at `now` (epoch seconds) */
export function requireSigningKey(stored: readonly StoredKey[], now: number): StoredKey {
  const first = signingKeyOf(stored, now);
  if (first !== undefined) return first;
  throw new KeySourceError('no key of the ring may sign now; all are announced, retired or gone');
}

/**
 * The keys of a source without their private halves, for people to read.
 * @throws KeySourceError when a key cannot be used, or there is none
 */
export async function describeKeys({ source, clock }: KeyRingOptions): Promise<KeyDescription[]> {
  const now = Math.floor(clock() / 1000);
  const stored = await source.read();
  if (stored.length === 0) throw noKey(source);
  return stored.map((key) => {
    const state = stateOf(key, now);
    if ('privateJwk' in key) {
      const { privateJwk: _private, ...described } = key;
      return Object.assign(described, { state });
    }
    const { publicJwk: _public, ...described } = key;
    return Object.assign(described, { state });
  });
}

/**
 * Signs something with the key that signs first, and looks at the signature: the key may be out of reach, or not the one that the ring
 * tells of.
 * @throws KeySourceError with one sentence for the operator
 */
export async function proveSigner({ keys: [key] }: KeyRing): Promise<void> {
  if (key === undefined) throw new TypeError('a ring has a key that signs');
  const probe = Buffer.from('signet proves that a key signs');
  let signature: Uint8Array;
  try {
    signature = await key.sign(probe);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new KeySourceError(`the signing key ${key.kid} does not sign: ${why}`, { cause: error });
  }
  if (!verify('sha256', probe, key.publicKey, signature)) {
    throw new KeySourceError(`the signing key ${key.kid} signs as another key; look at what is on the token`);
  }
}

/** Sorted by `kid`: the order says nothing, and the validator changes only when the keys do. */
function publish(keys: readonly SigningKey[]): PublishedKeys {
  const jwks = keys
    .map((key) => publicJwk(key.kid, key.alg, key.publicKey))
    .sort((a, b) => String(a.kid).localeCompare(String(b.kid)));
  const body = JSON.stringify({ keys: jwks });
  return { body, keys: jwks, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

/** Members in the order readers know; `kid`, `use` and `alg` always present. */
function publicJwk(kid: string, alg: string, key: KeyObject): JWK {
  const { kty, n, e } = key.export({ format: 'jwk' });
  return { kty, use: 'sig', alg, kid, n, e } as JWK;
}
