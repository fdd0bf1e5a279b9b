import { createPublicKey } from 'node:crypto';
import * as v from 'valibot';
import { isJsonObject } from '../config/json-object.ts';
import { reservedKeys } from '../config/reserved-names.ts';
import { isEd25519PublicKey } from './edwards-key.ts';
import { rsaKeyProblem, validationWork } from './rsa-key.ts';

/** Validation of a client's public keys (RFC 7517) at registration. */

/** An unvalidated JWK. */
export type Jwk = Readonly<Record<string, unknown>>;

const MAX_KEYS = 20;

/** `validationWork` of all keys of a set: that of one of 8192 bits, eight of 4096, or as many of 3072 bits as a set may have. */
const MAX_WORK = 70;

/** How a client uses a key (RFC 7517 §4.2). A key without `use` is for signatures, as it was before there was encryption. */
export function useOf({ use = 'sig' }: Jwk): unknown {
  return use;
}

/** Key types for encryption, by `kty` and `crv` → the algorithm that they serve (RFC 7518 §4.3, §4.6). */
const ENCRYPTION_TYPES: ReadonlyMap<string, string> = new Map([
  ['RSA', 'RSA-OAEP-256'],
  ['EC P-256', 'ECDH-ES'],
  ['EC P-384', 'ECDH-ES'],
  ['EC P-521', 'ECDH-ES'],
]);

/** Supported key types, by `kty` and `crv` → required members (RFC 7518 §6, RFC 8037 §2). */
const KEY_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['n', 'e']],
  ['EC P-256', ['x', 'y']],
  ['EC P-384', ['x', 'y']],
  ['EC P-521', ['x', 'y']],
  ['OKP Ed25519', ['x']],
]);

const EMPTY = Buffer.alloc(0);

/** Members of private and symmetric keys only (RFC 7518 §6). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

const NOT_A_SET = 'must be a JWK Set: an object with a list of keys';
const NO_LIST = 'must have keys, a list of JWKs';

/** With a message: valibot's own quotes the value, which may be a private key. */
const jwk = v.looseObject({ kty: v.string('must be text') }, 'must be a JWK: an object with kty');

export const publicKeySet = v.pipe(
  v.custom<Jwk>(isJsonObject, NOT_A_SET),
  v.looseObject(
    {
      keys: v.pipe(v.array(jwk, NO_LIST), v.minLength(1, 'has no key')),
    },
    NO_LIST,
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { keys } = dataset.value;
    if (keys.length > MAX_KEYS) {
      addIssue({ message: `has more than ${MAX_KEYS} keys` });
      return;
    }
    const shared = sharedKeyProblem(keys);
    const laborious = laboriousKeyProblem(keys, MAX_WORK);
    for (const [index, key] of keys.entries()) {
      const problem = laborious(index) ?? clientKeyProblem(key);
      if (problem !== undefined)
        addIssue({ message: problem + named(key), path: pathOf(dataset.value, index) });
      else if (shared(index) !== undefined)
        addIssue({ message: shared(index), path: pathOf(dataset.value, index) });
    }
  }),
);

function pathOf(input: { keys: unknown[] }, index: number): [v.ObjectPathItem, v.ArrayPathItem] {
  const { keys } = input;
  return [
    { type: 'object', origin: 'value', input, key: 'keys', value: keys },
    { type: 'array', origin: 'value', input: keys, key: index, value: keys[index] },
  ];
}

/**
 * Validates one key of a client.
 * @returns the problem, as a predicate without a subject; undefined for a valid key
 */
export function clientKeyProblem(key: Jwk): string | undefined {
  if (reservedKeys(key).length > 0) return 'has a member with a reserved name';
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(key, member)) || key.kty === 'oct') {
    return 'is not public; register the public key only, and treat this one as disclosed';
  }
  const isForEncryption = key.use === 'enc';
  if (!isForEncryption && useOf(key) !== 'sig') return 'is neither for signatures nor for encryption (use)';
  if (key.key_ops !== undefined) {
    // RFC 7517 §4.3 advises against both, and the operations of a public key for ECDH-ES are none.
    if (isForEncryption) return 'has key_ops beside use "enc"; remove key_ops';
    // Implementations do not import a public key with any other operation.
    if (!isListOf(key.key_ops, (operation) => operation === 'verify', 1)) {
      return 'is not for signatures (key_ops)';
    }
  }
  // oidc-provider would reject every request of a client with such a key.
  const malformed = ['kid', 'alg'].find((member) => key[member] !== undefined && !isText(key[member]));
  if (malformed !== undefined) return `has a value of ${malformed} that is not text, or is empty`;
  if (key.x5c !== undefined && !isListOf(key.x5c, isText)) return 'has an x5c that is not a list of texts';
  const type = typeOf(key);
  const members = KEY_TYPES.get(type);
  if (members === undefined) return `is not of a type that is supported: ${[...KEY_TYPES.keys()].join(', ')}`;
  if (isForEncryption && !ENCRYPTION_TYPES.has(type)) {
    return `is not of a type that is supported for encryption: ${[...ENCRYPTION_TYPES.keys()].join(', ')}`;
  }
  const unreadable = members.find((member) => !isBase64url(key[member]));
  if (unreadable !== undefined) return `is not a key that can be used: ${unreadable} is not base64url`;
  const [first = EMPTY, second = EMPTY] = members.map((member) =>
    Buffer.from(String(key[member]), 'base64url'),
  );
  if (type === 'RSA') return rsaKeyProblem(first, second);
  const isOnCurve = type === 'OKP Ed25519' ? isEd25519PublicKey(first) : isPointOfCurve(key);
  return isOnCurve ? undefined : `is not a key that can be used: it is not a point on ${String(key.crv)}`;
}

function typeOf({ kty, crv }: Jwk): string {
  return kty === 'RSA' ? 'RSA' : `${String(kty)} ${String(crv)}`;
}

/** Whether a key for encryption serves an algorithm: by its type, and by its `alg`, which may name one. */
export function fitsKeyManagement(key: Jwk, alg: string): boolean {
  return ENCRYPTION_TYPES.get(typeOf(key)) === alg && (key.alg === undefined || key.alg === alg);
}

export function hasSignatureKey(keys: readonly Jwk[]): boolean {
  return keys.some((key) => useOf(key) === 'sig');
}

/** Each key with its use. The engine takes a key without one for signatures and for encryption. */
export function withUses(keys: readonly Jwk[]): readonly Jwk[] {
  return keys.every(({ use }) => use !== undefined) ? keys : keys.map((key) => ({ ...key, use: useOf(key) }));
}

/**
 * Whether a key of a set is that of an earlier one with another use (RFC 8725 §3.5, NIST SP 800-57 §5.2).
 * @returns a function of the index
 */
export function sharedKeyProblem(keys: readonly Jwk[]): (index: number) => string | undefined {
  const uses = new Map<string, unknown>();
  const shared = keys.map((key) => {
    const { kty, crv, x, y, n, e } = key;
    const material = JSON.stringify([kty, crv, x, y, n, e]);
    if (!uses.has(material)) uses.set(material, useOf(key));
    return uses.get(material) !== useOf(key);
  });
  return (index) =>
    shared[index] === true ? 'is the same key as another with another use; make one for each use' : undefined;
}

/**
 * Whether a set is too much work up to a key: keys of strangers must not block the server.
 * @param limit of `validationWork`
 * @returns a function of the index
 */
export function laboriousKeyProblem(
  keys: readonly Jwk[],
  limit: number,
): (index: number) => string | undefined {
  let work = 0;
  const sums = keys.map(
    ({ kty, n }) => (work += kty === 'RSA' && typeof n === 'string' ? validationWork(n) : 0),
  );
  return (index) =>
    (sums[index] ?? 0) > limit ? 'is one RSA key too many for a set with keys of this size' : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isListOf(value: unknown, is: (item: unknown) => boolean, max = Number.POSITIVE_INFINITY): boolean {
  return Array.isArray(value) && value.length > 0 && value.length <= max && value.every(is);
}

function isBase64url(value: unknown): boolean {
  return typeof value === 'string' && /^[\w-]+$/.test(value);
}

/** OpenSSL checks that the point is on the curve. */
function isPointOfCurve(key: Jwk): boolean {
  try {
    createPublicKey({ key, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

/** Adds the `kid`, which is easier to find than an index. */
function named({ kid }: Jwk): string {
  return typeof kid === 'string' ? ` (kid ${JSON.stringify(kid.slice(0, 100))})` : '';
}
