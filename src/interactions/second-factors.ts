import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import type { LockInfo } from '../accounts/login-protection.ts';
import type { SecondFactorId } from '../accounts/sign-in/methods.ts';

/**
 * A second factor, as the page `/interaction/:uid/second_factor` uses it. The page has the form, with its token and the choice of the
 * factor; the fields are in `views/partials/second-factor-<id>.eta`. Which of them an account has is in `accounts/sign-in/methods.ts`.
 */
export interface SecondFactor {
  readonly id: SecondFactorId;
  /** What the fields need, as `it.factor` in the partial. It changes nothing that matters: a GET calls it. */
  begin(ctx: Context, account: Account): Promise<Readonly<Record<string, unknown>>>;
  /** Checks the posted fields. A code that is accepted is used up. The caller records audit event and metric. */
  verify(ctx: Context, account: Account): Promise<FactorAnswer>;
}

export type FactorAnswer =
  | { readonly outcome: 'passed'; readonly amr?: readonly string[] | undefined }
  | {
      readonly outcome: 'failed';
      /** For the audit trail. */
      readonly reason: string;
      /** Key of the texts of the alert: `<key>.title` and `<key>.message`. */
      readonly message: string;
      /** Log and audit: the lock that the attempt triggered. */
      readonly locked?: LockInfo | undefined;
    };

/** The factors that an account can be asked for, in the order of the list. */
export function factorsOf(
  { enrolled }: { readonly enrolled: readonly SecondFactorId[] },
  factors: readonly SecondFactor[],
): SecondFactor[] {
  return factors.filter(({ id }) => enrolled.includes(id));
}
