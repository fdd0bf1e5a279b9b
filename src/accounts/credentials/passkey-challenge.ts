import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The challenge of a page that asks for a key: the time, a nonce, and an HMAC of both with the key of the interaction or session that the
 * page belongs to. So no challenge is stored, showing a page writes nothing, and the answer to the challenge of another browser is
 * refused (`docs/decisions/049-challenges-are-not-stored.md`). The part that accepts an answer marks its challenge as used.
 */

const TIME_BYTES = 6;
const NONCE_BYTES = 18;
const HEAD_BYTES = TIME_BYTES + NONCE_BYTES;
const MAC_BYTES = 32;

/** Base64url of all bytes. */
const CHALLENGE = new RegExp(`^[A-Za-z0-9_-]{${Math.ceil(((HEAD_BYTES + MAC_BYTES) * 4) / 3)}}$`);

/**
 * @param key of the interaction or session, which never leaves the server
 * @param now epoch seconds
 */
export function createChallenge(key: string, now: number): string {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(now, 0, TIME_BYTES);
  randomBytes(NONCE_BYTES).copy(head, TIME_BYTES);
  return Buffer.concat([head, macOf(key, head)]).toString('base64url');
}

/** @returns when the challenge was made, in epoch seconds; undefined for one that was not made with this key */
export function readChallenge(key: string, challenge: string): number | undefined {
  if (!CHALLENGE.test(challenge)) return undefined;
  const bytes = Buffer.from(challenge, 'base64url');
  const head = bytes.subarray(0, HEAD_BYTES);
  return timingSafeEqual(macOf(key, head), bytes.subarray(HEAD_BYTES))
    ? head.readUIntBE(0, TIME_BYTES)
    : undefined;
}

function macOf(key: string, head: Buffer): Buffer {
  return createHmac('sha256', key).update('passkey challenge\0').update(head).digest();
}
