import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject } from 'node:crypto';
import { randomPool } from '../random-pool.ts';
import { StoreUnavailableError } from './errors.ts';

/**
 * Encryption at rest: how ids and payloads are stored.
 *
 * A record is found by a digest of its id, and its content is sealed with AES-256-GCM under a key derived from the id. A database file, a
 * backup or a log therefore reveals neither the id nor the ids in the payload: an access token names its grant, an interaction contains
 * the cookie of its session. Ids have at least 126 bits of randomness and cannot be guessed, so a single SHA-256 suffices where a password
 * would need a slow hash. User codes are the exception: short enough to type (RFC 8628 §6.1), they can be guessed from a digest during the
 * minutes of their lifetime.
 */

const ALGORITHM = 'aes-256-gcm';
/** A sealed text begins with its IV, which is random, so it tells two writes of the same text apart. */
export const IV_LENGTH = 12;
const TAG_LENGTH = 16;

/** Domain separation: the same id has unrelated digests for different purposes. */
export type Purpose =
  | 'account'
  | 'artifact'
  | 'counter'
  | 'email'
  | 'grant'
  | 'key'
  | 'once'
  | 'uid'
  | 'user code';

/** SHA-256 over purpose, kind and id. By way of a string, whose bytes take half as long as a buffer made by `hash`. */
export function digest(purpose: Purpose, kind: string, id: string): Buffer {
  return Buffer.from(hash('sha256', `${purpose}\0${kind}\0${id}`, 'binary'), 'latin1');
}

/** The same as text, in base64url. */
export function digestText(purpose: Purpose, kind: string, id: string): string {
  return hash('sha256', `${purpose}\0${kind}\0${id}`, 'base64url');
}

/** The key derived from an id, for `seal` and `unseal`. */
export function sealingKey(kind: string, id: string): KeyObject {
  return createSecretKey(digest('key', kind, id));
}

const nextIv = randomPool(IV_LENGTH, 256);

/** @returns the concatenation of IV, authentication tag and ciphertext */
export function seal(key: KeyObject, text: string): Buffer {
  const iv = nextIv();
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_LENGTH });
  const sealed = cipher.update(text, 'utf8');
  cipher.final();
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** @throws StoreUnavailableError when the record was damaged or tampered with */
export function unseal(key: KeyObject, sealed: Uint8Array): string {
  try {
    const iv = sealed.subarray(0, IV_LENGTH);
    const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_LENGTH });
    decipher.setAuthTag(sealed.subarray(IV_LENGTH, IV_LENGTH + TAG_LENGTH));
    const text = decipher.update(sealed.subarray(IV_LENGTH + TAG_LENGTH));
    decipher.final();
    return text.toString();
  } catch (error) {
    throw new StoreUnavailableError('a record of the store is damaged', { cause: error });
  }
}
