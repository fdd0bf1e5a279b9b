import type { AccountFactors, AccountRecord, AccountStore, ChangeJobs } from '../store/store.ts';

/** The change of an account that changes some factors and keeps the others. */
export function withFactors(
  { details }: Pick<AccountRecord, 'details'>,
  changes: Partial<AccountFactors>,
): Pick<AccountRecord, 'details'> {
  return { details: { ...details, factors: { ...details?.factors, ...changes } } };
}

/** Removes a factor, and the recovery codes with the last factor that they stand in for. @returns whether there was one */
export async function removeFactor(
  accounts: Pick<AccountStore, 'update'>,
  accountId: string,
  factor: keyof AccountFactors,
  jobs?: ChangeJobs,
): Promise<boolean> {
  const change = (current: AccountRecord) => {
    const factors = current.details?.factors;
    if (factors?.[factor] === undefined) return undefined;
    return withFactors(current, withoutOrphanedCodes({ ...factors, [factor]: undefined }));
  };
  const changed = await accounts.update(accountId, change, jobs);
  return changed !== undefined;
}

/** Recovery codes alone are no second factor: without another one, they are removed. */
export function withoutOrphanedCodes(factors: AccountFactors): AccountFactors {
  const { totp, passkeys = {} } = factors;
  return totp === undefined && Object.keys(passkeys).length === 0
    ? { ...factors, recoveryCodes: undefined }
    : factors;
}
