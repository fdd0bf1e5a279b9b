import { emailKey } from '../../store/store.ts';
import { parseClaims } from '../claims.ts';
import { AccountError } from '../errors.ts';
import { asUsername } from '../username.ts';

/**
 * The email address with which a person gets an account, and which is then its username.
 * @returns undefined for what is no address, or what a username cannot be: NFKC maps some addresses to the username of others
 */
export function newAddress(typed: string): string | undefined {
  const address = typed.trim();
  return isAddress(address) && asUsername(address) === emailKey(address) ? address : undefined;
}

function isAddress(text: string): boolean {
  try {
    return typeof parseClaims({ email: text }).email === 'string';
  } catch (error) {
    if (error instanceof AccountError) return false;
    throw error;
  }
}
