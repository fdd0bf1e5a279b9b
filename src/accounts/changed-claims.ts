import { type AccountRecord, emailKey } from '../store/store.ts';
import { parseClaims } from './claims.ts';
import { requireOwnAddress } from './sign-in-name.ts';

/** @throws AccountError for an invalid claim, or a username that looks like the address of another account */
export function withClaims(
  current: AccountRecord,
  changes: Record<string, unknown>,
  username: string = current.username,
): Pick<AccountRecord, 'username' | 'claims'> {
  const all = { ...lostVerifications(current.claims, changes), ...changes };
  const claims = parseClaims(withChanges(current.claims, all), current.claims);
  requireOwnAddress({ username, claims }, current);
  return { username, claims };
}

/** A verification is that of one address or number. Of another one, the change has to say that it is verified. */
function lostVerifications(
  claims: Record<string, unknown>,
  { email, phone_number: number }: Record<string, unknown>,
): Record<string, null> {
  return {
    ...(email !== undefined && emailKey(email) !== emailKey(claims.email) && { email_verified: null }),
    ...(number !== undefined && number !== claims.phone_number && { phone_number_verified: null }),
  };
}

function withChanges(
  claims: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> {
  const changed = Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== null);
  return Object.fromEntries(changed);
}
