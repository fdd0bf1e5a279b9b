import { emailKey, type Store } from '../../store/store.ts';
import { isVerified } from '../sign-in-name.ts';
import { asUsername } from '../username.ts';

/** Accounts with one address that are looked at. */
const MAX_SHARING = 20;

/**
 * Whether an account has an address: as its username, as an address that it has verified, or, where addresses are unique, as any address.
 * The unverified claim of another account does not keep the owner of an address from getting one.
 */
export async function isKnownAddress(
  { accounts }: Pick<Store, 'accounts'>,
  address: string,
  { uniqueEmail }: { uniqueEmail: boolean },
): Promise<boolean> {
  const name = asUsername(address);
  const key = emailKey(address);
  if (name === undefined || key === undefined) return false;
  const [named, sharing] = await Promise.all([
    accounts.findByUsername(name),
    accounts.findByEmail(key, MAX_SHARING),
  ]);
  return named !== undefined || sharing.some((account) => uniqueEmail || isVerified(account));
}
