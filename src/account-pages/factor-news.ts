import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import { type FactorName, noticeFactor } from '../accounts/factor-notice.ts';
import { type AccountServices, ownAudit } from './account-services.ts';

/**
 * The audit event of a factor that a person has added or removed, and the mail that tells it to them.
 * @param detail of the event: the name that the person has given to a key; whether the factor replaces another one
 */
export async function tellOfFactor(
  ctx: Context,
  services: AccountServices,
  change: 'added' | 'removed',
  account: Account,
  detail: { factor: FactorName; name?: string; replaced?: boolean },
): Promise<void> {
  const { replaced = false, ...others } = detail;
  ownAudit(ctx, services).record({
    type: `factor.${change}`,
    accountId: account.id,
    detail: { ...others, ...(replaced && { replaced }) },
  });
  await noticeFactor(services.mail, account, change, detail.factor);
}
