import type { BcryptReply, BcryptRequest } from './bcrypt-thread.ts';
import { ThreadCaller } from './thread-caller.ts';

const thread = new ThreadCaller<BcryptRequest, BcryptReply>({
  entry: new URL('./bcrypt-thread.ts', import.meta.url),
  name: 'bcrypt',
  idle: 60_000,
});

/**
 * Compares a password with the bcrypt hash of an imported account, in a thread. The library has no native part, so it runs wherever Signet
 * does; a comparison is about twice as slow as a native one.
 * @returns false also for a hash that is malformed
 */
export async function compareBcrypt(password: string, hash: string): Promise<boolean> {
  return (await thread.call({ password, hash })).valid;
}
