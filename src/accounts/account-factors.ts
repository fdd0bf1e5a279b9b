import type { AccountFactors, AccountRecord, AccountStore } from '../store/store.ts';

/** The change of an account that changes some factors and keeps the others. */
export function withFactors(
  { details }: Pick<AccountRecord, 'details'>,
  changes: Partial<AccountFactors>,
): Pick<AccountRecord, 'details'> {
  return { details: { ...details, factors: { ...details?.factors, ...changes } } };
}

/** @returns whether there was one */
export async function removeFactor(
  accounts: Pick<AccountStore, 'update'>,
  accountId: string,
  factor: keyof AccountFactors,
): Promise<boolean> {
  const changed = await accounts.update(accountId, (current) =>
    current.details?.factors?.[factor] === undefined
      ? undefined
      : withFactors(current, { [factor]: undefined }),
  );
  return changed !== undefined;
}
