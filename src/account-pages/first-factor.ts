import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import { enrolledFactors } from '../accounts/sign-in/methods.ts';
import { nowInSeconds } from '../clock.ts';
import { offersEmailSignIn } from '../config/email-sign-in.ts';
import { grantLifetime } from '../oidc/engine/lifetimes.ts';
import { type AccountServices, ownAudit } from './account-services.ts';

/** An enrolment that may have ended the sessions of the account (`accounts/account-factors.ts`). */
interface Enrolment {
  outcome: string;
  account?: Account | undefined;
  /** The account had no factor before. */
  isFirst?: boolean | undefined;
}

/**
 * Enrols a factor. A first one ends every session, and what applications have of the account: they were made with less than the account asks
 * for from now on, perhaps by a thief of the password. The person stays signed in in this browser, with the factor that they have just used.
 * @param amrOf what the new factor says about the person (RFC 8176)
 */
export async function enrol<Result extends Enrolment>(
  ctx: Context,
  services: AccountServices,
  amrOf: (result: Result) => readonly string[],
  add: () => Promise<Result>,
): Promise<Result> {
  const { store, clock, config } = services;
  const results: Result[] = [];
  const change = async (): Promise<Account | undefined> => {
    const result = await add();
    results.push(result);
    const { account, isFirst } = result;
    if (isFirst !== true || account === undefined) return undefined;
    await store.artifacts.revokeAccount(account.id, nowInSeconds(clock) + grantLifetime(config.lifetimes));
    ownAudit(ctx, services).record({ type: 'account.signed_out', accountId: account.id });
    return account;
  };
  await services.renewSession(ctx, change, () => amrOf(results[0] as Result));
  return results[0] as Result;
}

/** Whether a second step is of no use: the person has no password before it, and cannot sign in with a mail. */
export function isStepUnused(ctx: Context, { config }: Pick<AccountServices, 'config'>): boolean {
  return !ctx.state.person.account.hasPassword && !offersEmailSignIn(config);
}

/** Whether the next factor is the first one: the page says what ends with it. */
export function lacksFactors(ctx: Context): boolean {
  return enrolledFactors(ctx.state.person.account).length === 0;
}
