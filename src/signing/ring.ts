import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JWK } from 'jose';
import { type Clock, nowInSeconds } from '../clock.ts';
import { requireSigningKey, stateOf } from './key-state.ts';
import { type KeySource, noKey, type Signers } from './key-source.ts';
import type { SigningKey } from './signing-key.ts';
import type { StoredKey } from './stored-key.ts';

/**
 * Signing keys.
 *
 * This folder owns the private keys: their records and states, where they are kept (`sources/`), what signs with them (`signers/`), their
 * rotation, and the JWKS as a document. It does not own HTTP (`http/jwks.ts` serves the JWKS), tokens (`oidc/` makes them and calls
 * `SigningKey.sign`), or who has read the JWKS (`audit/key-readers.ts`). Neighbours: `store/` keeps sealed records, `config/` says where
 * keys are, `clients/rsa-key.ts` tests their strength, `app/` follows the watcher, and `cli/keys.ts` is the operator's interface.
 *
 *                 ring.ts ◀── watcher.ts ──▶ rotation.ts
 *                    │                           │
 *                    └──────▶ key-source.ts ◀────┘
 *                              ▲          ▲
 *          sources/{files,store}          signers/{local,pkcs11/}
 *
 * States of a key, which follow from the times in its record (`key-state.ts`):
 *
 *               signsFrom            retiresAt             goneAt            30 days
 *    announced ───────────▶ signing ───────────▶ retired ──────────▶ gone ───────────▶ deleted
 *        │                     │                    │                  ▲
 *        └─────────────────────┴──── withdrawn ─────┴──────────────────┘
 *
 *    in the JWKS:  announced, signing, retired
 *    rotate        announces a successor; its signsFrom becomes the retiresAt of the keys before it
 *    promote       moves the signsFrom of an announced key to the present
 *    withdraw      moves retiresAt and goneAt into the past
 */

/** Seconds that a client may cache the JWKS. A key is announced for longer than this before it signs. */
export const JWKS_MAX_AGE = 300;

/** Wait for another process that is writing the first key. */
const FIRST_KEY_RETRY_MS = 50;

/** The JWK Set as it is sent (RFC 7517 §5). */
export interface PublishedKeys {
  body: string;
  /** Strong validator, quotes included. */
  etag: string;
  keys: JWK[];
}

/** The keys at one moment. Immutable: when a key changes or reaches another state, the watcher makes a new ring. */
export interface KeyRing {
  /** The key that signs, then those that only verify. */
  readonly keys: readonly SigningKey[];
  readonly published: PublishedKeys;
  /** `announcedAt` of the oldest key that is kept, epoch seconds. */
  readonly since: number;
  /** Equal for rings with the same keys in the same roles. */
  readonly fingerprint: string;
}

export interface KeyRingOptions {
  source: KeySource;
  clock: Clock;
  /** Called with the `kid` of a first key. Without this callback, no first key is made. */
  onCreate?: ((kid: string) => void) | undefined;
}

/**
 * Reads the ring. Makes a first key when there is none and `onCreate` is given.
 * @throws KeySourceError when a key cannot be used, or none may sign
 */
export async function openKeyRing({ source, clock, onCreate }: KeyRingOptions): Promise<KeyRing> {
  const now = nowInSeconds(clock);
  let stored = await source.read();
  while (stored.length === 0 && onCreate !== undefined) {
    const key = await source.make(stored, { announcedAt: now, signsFrom: now });
    if (await source.create(key)) onCreate(key.kid);
    else await sleep(FIRST_KEY_RETRY_MS);
    stored = await source.read();
  }
  if (stored.length === 0) throw noKey(source);
  return createKeyRing(stored, now, source.open);
}

/**
 * @param now epoch seconds
 * @throws KeySourceError when no key may sign
 */
export function createKeyRing(stored: readonly StoredKey[], now: number, open: Signers['open']): KeyRing {
  const first = requireSigningKey(stored, now);
  const others = stored.filter((key) => key !== first && stateOf(key, now) !== 'gone');
  const fingerprint = [first, ...others].map((key) => key.kid).join();
  const keys = [first, ...others].map((key) => open(key));
  const since = Math.min(...stored.map((key) => key.announcedAt));
  return { keys, published: publish(keys), since, fingerprint };
}

/** Sorted by `kid`: the order carries no meaning, and the ETag changes only when the keys do. */
function publish(keys: readonly SigningKey[]): PublishedKeys {
  const jwks = keys.map(publicJwk).sort((a, b) => String(a.kid).localeCompare(String(b.kid)));
  const body = JSON.stringify({ keys: jwks });
  return { body, keys: jwks, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

/** Members are listed one by one, so that no private member can ever get into the JWKS. */
function publicJwk({ kid, alg, publicKey }: SigningKey): JWK {
  const { kty, n, e } = publicKey.export({ format: 'jwk' });
  return { kty, use: 'sig', alg, kid, n, e } as JWK;
}
