import { randomUUID } from 'node:crypto';
import type { AccountRecord } from '../store/store.ts';
import { parseClaims } from './claims.ts';
import { requireOwnAddress } from './sign-in-name.ts';
import { normalizeUsername } from './username.ts';

/** What an account is made from. */
export interface NewAccount {
  /** By default a new one. */
  id?: string | undefined;
  username: string;
  /** Without a password, the account cannot sign in with one. */
  password?: string | undefined;
  /** For a password that was checked, or is a constant: the check takes 40 ms. */
  skipPasswordRules?: boolean | undefined;
  /** Also a username or email address that another account had until recently. */
  takesReserved?: boolean | undefined;
  claims?: Record<string, unknown> | undefined;
  details?: AccountRecord['details'];
}

/**
 * @param time epoch seconds
 * @throws AccountError for an invalid username, one that looks like an email address and is not that of the account, or an invalid claim
 */
export function newRecord({ id, username, claims, details }: NewAccount, time: number): AccountRecord {
  const record: AccountRecord = {
    id: id ?? randomUUID(),
    username: normalizeUsername(username),
    claims: parseClaims(claims ?? {}),
    passwordHash: undefined,
    disabled: false,
    generation: 0,
    ...(details !== undefined && { details }),
    createdAt: time,
    updatedAt: time,
  };
  requireOwnAddress(record);
  return record;
}
