import { type AccountRecord, emailKey, type Store } from '../store/store.ts';
import { AccountError } from './errors.ts';
import { asUsername } from './username.ts';

/**
 * What a person types to sign in: the username, or an email address that the account alone has verified (claim `email_verified`). A
 * username that looks like an address must be the address of its account (`requireOwnAddress`). Accounts of earlier versions may have
 * another one; it never takes precedence over an account that has verified that address.
 */

/** Accounts with one address that are looked at. Bounds the work of a sign-in. */
const MAX_SHARING = 20;

/**
 * The account that a sign-in name means; undefined also for an address that several accounts have verified. Every name with an `@`
 * takes the same reads, so that their time does not tell which accounts exist.
 * @param typed in any spelling; a name that cannot exist is not found
 */
export async function findBySignInName(
  { accounts }: Pick<Store, 'accounts'>,
  typed: string,
): Promise<AccountRecord | undefined> {
  const name = asUsername(typed);
  if (name === undefined) return undefined;
  if (!isAddress(name)) return await accounts.findByUsername(name);
  const [named, sharing] = await Promise.all([
    accounts.findByUsername(name),
    accounts.findByEmail(name, MAX_SHARING + 1),
  ]);
  if (named !== undefined && hasAddress(named, name) && isVerified(named)) return named;
  // One that was not looked at may have verified the address.
  if (sharing.length > MAX_SHARING) return named !== undefined && hasAddress(named, name) ? named : undefined;
  const verified = sharing.filter(isVerified);
  return verified.length === 1 ? verified[0] : named;
}

/**
 * The address to which mails of an account may be sent: verified, and that of this account alone, as for a sign-in.
 * @returns undefined where it has none
 */
export async function mailAddressOf(
  store: Pick<Store, 'accounts'>,
  account: Pick<AccountRecord, 'id' | 'claims'>,
): Promise<string | undefined> {
  const address = verifiedAddress(account);
  if (address === undefined) return undefined;
  const sharing = await store.accounts.findByEmail(address, MAX_SHARING + 1);
  const isShared =
    sharing.length > MAX_SHARING || sharing.some((other) => other.id !== account.id && isVerified(other));
  return isShared ? undefined : address;
}

/** The verified address of an account, which others may have, too. */
export function verifiedAddress({ claims }: Pick<AccountRecord, 'claims'>): string | undefined {
  return isVerified({ claims }) && emailKey(claims.email) !== undefined ? String(claims.email) : undefined;
}

/** Whether a text is the username or the email address of the account, verified or not. */
export function isSignInName(text: string, account: Named): boolean {
  const name = asUsername(text);
  return name !== undefined && (name === account.username || hasAddress(account, name));
}

/**
 * @param account as it is to be
 * @param before as it was: what has not changed is accepted, because an earlier version may have accepted it
 * @throws AccountError for a username that looks like an email address and is not that of the account
 */
export function requireOwnAddress(account: Named, before?: Named): void {
  const { username } = account;
  if (!isAddress(username) || hasAddress(account, username)) return;
  if (before?.username === username && emailKey(before.claims.email) === emailKey(account.claims.email))
    return;
  throw new AccountError([
    `the username ${username} looks like an email address and is not that of the account (--email): set the same address, or choose a username without @`,
  ]);
}

type Named = Pick<AccountRecord, 'username' | 'claims'>;

function isAddress(username: string): boolean {
  return username.includes('@');
}

/**
 * Compares with the form of addresses (`emailKey`), not with that of usernames: NFKC maps characters of other addresses to the same
 * username.
 */
function hasAddress({ claims }: Named, username: string): boolean {
  return emailKey(claims.email) === username;
}

/** Whether the account has verified its address. */
export function isVerified({ claims }: Pick<Named, 'claims'>): boolean {
  return claims.email_verified === true;
}
