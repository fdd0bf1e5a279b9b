import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import { type Clock, nowInSeconds } from '../clock.ts';
import { DEFAULT_ALGORITHM, SIGNING_ALGORITHMS, type SigningAlgorithm } from './algorithms.ts';
import { SignerUnavailableError } from './errors.ts';
import { makeFirstKeys } from './first-keys.ts';
import { byKid, publishedJwk } from './key-jwk.ts';
import { requireSigningKey, signingKeyOf, stateOf } from './key-state.ts';
import { type KeySource, noKey, type Signers } from './key-source.ts';
import type { SigningKey } from './signing-key.ts';
import { hasDefaultKey, type StoredKey } from './stored-key.ts';

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

/** The JWK Set as it is sent (RFC 7517 §5). */
export interface PublishedKeys {
  body: string;
  /** Strong validator, quotes included. */
  etag: string;
  keys: JWK[];
}

/** The keys at one moment. Immutable: when a key changes or reaches another state, the watcher makes a new ring. */
export interface KeyRing {
  /**
   * The keys that sign now, one for each algorithm, RS256 first; then those that only verify, whose `sign` rejects. For each algorithm, the
   * first key is the one that signs, if any does.
   */
  readonly keys: readonly SigningKey[];
  /** The algorithms that a key signs with now, RS256 first. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly signer: FindSigner;
  readonly published: PublishedKeys;
  /** `announcedAt` of the oldest key that is kept, epoch seconds. */
  readonly since: number;
  /** Equal for rings with the same keys in the same roles. */
  readonly fingerprint: string;
}

/**
 * The key that signs with an algorithm now. There is always one for RS256. There is none for an algorithm that is not configured, or whose
 * first key is still announced.
 */
export interface FindSigner {
  (alg: typeof DEFAULT_ALGORITHM): SigningKey;
  (alg: SigningAlgorithm): SigningKey | undefined;
}

export interface KeyRingOptions {
  source: KeySource;
  clock: Clock;
  /** The configured algorithms. Default: first keys are made for RS256 only, and keys of every algorithm sign. */
  algorithms?: readonly SigningAlgorithm[] | undefined;
  /** Called with each key that is made. Without this callback, no key is made. */
  onCreate?: ((key: StoredKey) => void) | undefined;
}

/**
 * Reads the ring. Makes the first key of each algorithm that has none when `onCreate` is given.
 * @throws KeySourceError when a key cannot be used, or none may sign with RS256
 */
export async function openKeyRing({ source, clock, algorithms, onCreate }: KeyRingOptions): Promise<KeyRing> {
  const now = nowInSeconds(clock);
  const wanted = algorithms ?? [DEFAULT_ALGORITHM];
  const stored =
    onCreate === undefined ? await source.read() : await makeFirstKeys(source, wanted, now, onCreate);
  if (!hasDefaultKey(stored)) throw noKey(source);
  return createKeyRing(stored, now, source.open, algorithms);
}

/**
 * @param now epoch seconds
 * @param algorithms the configured ones: keys with others only verify
 * @throws KeySourceError when no key may sign with RS256
 */
export function createKeyRing(
  stored: readonly StoredKey[],
  now: number,
  open: Signers['open'],
  algorithms: readonly SigningAlgorithm[] = SIGNING_ALGORITHMS,
): KeyRing {
  const first = requireSigningKey(stored, now);
  const isUsed = (alg: SigningAlgorithm) => alg !== first.alg && algorithms.includes(alg);
  const more = SIGNING_ALGORITHMS.filter(isUsed).flatMap((alg) => signingKeyOf(stored, alg, now) ?? []);
  const signing = [first, ...more];
  const others = stored.filter((key) => !signing.includes(key) && stateOf(key, now) !== 'gone');
  const signers = signing.map((key) => open(key));
  const byAlgorithm = new Map(signers.map((key) => [key.alg, key]));
  const keys = [...signers, ...others.map((key) => verifyOnly(open(key)))];
  return {
    keys,
    algorithms: [...byAlgorithm.keys()],
    signer: ((alg) => byAlgorithm.get(alg)) as FindSigner,
    published: publish(keys),
    since: Math.min(...stored.map((key) => key.announcedAt)),
    fingerprint: [signing, others].map((group) => group.map(({ kid }) => kid).join()).join(';'),
  };
}

/** Of each algorithm one key signs: no caller can sign with a key that is announced or retired. */
function verifyOnly({ kid, alg, publicKey }: SigningKey): SigningKey {
  const reason = `the key ${kid} does not sign with ${alg} now; signet keys list shows when`;
  return { kid, alg, publicKey, sign: () => Promise.reject(new SignerUnavailableError(reason)) };
}

function publish(keys: readonly SigningKey[]): PublishedKeys {
  return jwkSet(keys.map(({ kid, alg, publicKey }) => publishedJwk(kid, alg, publicKey)));
}

/** The JWK Set with public keys that clients encrypt to (`decryption/`), beside those that verify. */
export function publishedWith(signing: PublishedKeys, encryption: readonly JWK[] = []): PublishedKeys {
  return encryption.length === 0 ? signing : jwkSet([...signing.keys, ...encryption]);
}

function jwkSet(keys: readonly JWK[]): PublishedKeys {
  const jwks = keys.toSorted(byKid);
  const body = JSON.stringify({ keys: jwks });
  return { body, keys: jwks, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}
