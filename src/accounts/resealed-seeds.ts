import type { Sealer } from '../signing/sealing/sealer.ts';
import type { AccountDetails, AccountFactors, AccountRecord, AccountStore } from '../store/store.ts';
import { everyAccount } from './every-account.ts';

/**
 * Seals the seeds of authenticator apps with the current sealing key, so that an older one can be removed. A sign-in does so for its account;
 * this does it for all others, and for the seeds that the undoing of a change restores, at a start while there are several keys.
 * @returns the number of accounts that were changed
 * @throws SealingError
 */
export async function resealSeeds(
  store: Pick<AccountStore, 'list' | 'update'>,
  sealer: Pick<Sealer, 'seal' | 'open' | 'isOutdated'>,
): Promise<number> {
  let count = 0;
  for await (const page of everyAccount(store, { isBackground: true })) {
    for (const { id, details } of page) {
      const outdated = factorsIn(details)
        .flatMap(({ totp }) => totp?.sealed ?? [])
        .filter((sealed) => sealer.isOutdated(sealed));
      if (outdated.length === 0) continue;
      const renewed = new Map(
        outdated.map((sealed) => [sealed, sealer.seal('totp', id, sealer.open('totp', id, sealed))]),
      );
      // The person may have replaced the app meanwhile.
      const changed = await store.update(id, (current) => withRenewed(current.details, renewed));
      if (changed !== undefined) count += 1;
    }
  }
  return count;
}

function factorsIn({ factors, emailChanges = [] }: AccountDetails = {}): AccountFactors[] {
  return [factors, ...emailChanges.map((change) => change.factors)].filter((each) => each !== undefined);
}

/** @param renewed by the text that it replaces. @returns undefined where the account has none of these any more */
function withRenewed(
  details: AccountDetails = {},
  renewed: ReadonlyMap<string, string>,
): Pick<AccountRecord, 'details'> | undefined {
  if (!factorsIn(details).some(({ totp }) => renewed.has(totp?.sealed ?? ''))) return undefined;
  const renew = <Factors extends AccountFactors | undefined>(factors: Factors): Factors => {
    const totp = factors?.totp;
    return totp === undefined
      ? factors
      : { ...factors, totp: { ...totp, sealed: renewed.get(totp.sealed) ?? totp.sealed } };
  };
  const { factors, emailChanges } = details;
  return {
    details: {
      ...details,
      factors: renew(factors),
      ...(emailChanges && {
        emailChanges: emailChanges.map((change) =>
          Object.assign({}, change, { factors: renew(change.factors) }),
        ),
      }),
    },
  };
}
