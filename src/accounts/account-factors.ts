import type {
  AccountDetails,
  AccountFactors,
  AccountRecord,
  AccountStore,
  ChangeJobs,
} from '../store/store.ts';
import { enrolledFactors } from './sign-in/methods.ts';

/**
 * The change of an account that adds a factor. With the first one, a password alone is not enough any more: a new generation ends the sessions,
 * tokens and links that were made with one, those of a thief among them.
 */
export function addingFactor(
  current: Pick<AccountRecord, 'details' | 'generation'>,
  details: AccountDetails | undefined,
): Pick<AccountRecord, 'details' | 'generation'> {
  const isFirst = enrolledFactors(current).length === 0;
  return { details, generation: isFirst ? current.generation + 1 : current.generation };
}

/** The change of an account that changes some factors and keeps the others. */
export function withFactors(
  { details }: Pick<AccountRecord, 'details'>,
  changes: Partial<AccountFactors>,
): Pick<AccountRecord, 'details'> {
  return { details: { ...details, factors: { ...details?.factors, ...changes } } };
}

/**
 * Removes a factor, and the recovery codes with the last factor that they stand in for.
 * @param isAllowed of the account as it is without the factor; it is called in the step that writes
 * @returns whether there was one
 */
export async function removeFactor(
  accounts: Pick<AccountStore, 'update'>,
  accountId: string,
  factor: keyof AccountFactors,
  {
    isAllowed = () => true,
    jobs,
  }: {
    isAllowed?: ((without: Pick<AccountRecord, 'claims' | 'details'>) => boolean) | undefined;
    jobs?: ChangeJobs | undefined;
  } = {},
): Promise<boolean | 'not allowed'> {
  let isRefused = false;
  const change = (current: AccountRecord) => {
    const factors = current.details?.factors;
    isRefused = false;
    if (factors?.[factor] === undefined) return undefined;
    const values = withFactors(current, withoutOrphanedCodes({ ...factors, [factor]: undefined }));
    isRefused = !isAllowed({ ...current, ...values });
    return isRefused ? undefined : values;
  };
  const changed = await accounts.update(accountId, change, jobs);
  return isRefused ? 'not allowed' : changed !== undefined;
}

/** Recovery codes alone are no second factor: without another one, they are removed. */
export function withoutOrphanedCodes(factors: AccountFactors): AccountFactors {
  const { totp, passkeys = {} } = factors;
  return totp === undefined && Object.keys(passkeys).length === 0
    ? { ...factors, recoveryCodes: undefined }
    : factors;
}
