import { ConflictError } from '../store/errors.ts';
import { AccountError } from './errors.ts';

/** @throws AccountError when another account has the username or the email address */
export async function translateConflict<T>(
  write: Promise<T>,
  username = 'the username is taken',
): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw new AccountError([error.on === 'email' ? 'email: is the address of another account' : username], {
      cause: error,
    });
  }
}
