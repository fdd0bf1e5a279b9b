import type { AccountRecord } from '../store/store.ts';
import { parseClaims } from './claims.ts';
import { requireOwnAddress } from './sign-in-name.ts';

/** @throws AccountError for an invalid claim, or a username that looks like the address of another account */
export function withClaims(
  current: AccountRecord,
  changes: Record<string, unknown>,
  username: string = current.username,
): Pick<AccountRecord, 'username' | 'claims'> {
  const claims = parseClaims(withChanges(current.claims, changes), current.claims);
  requireOwnAddress({ username, claims }, current);
  return { username, claims };
}

function withChanges(
  claims: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> {
  const changed = Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== null);
  return Object.fromEntries(changed);
}
