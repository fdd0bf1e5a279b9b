import { digest } from './sealing.ts';

/**
 * Handles name sessions and consents in lists: the first 64 bits of a stored digest, in hexadecimal. A handle finds nothing in the store
 * and is not accepted as an id. That of a session derives from its `uid`, which stays the same when its id changes.
 */
const HANDLE_BYTES = 8;

/** @param bytes digest of the uid, or of the id of a record without one */
export function handleOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, HANDLE_BYTES)).toString('hex');
}

export function sessionHandle(uid: string): string {
  return handleOf(digest('uid', 'Session', uid));
}
