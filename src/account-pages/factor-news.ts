import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import { type FactorName, noticeFactor } from '../accounts/factor-notice.ts';
import { type AccountServices, ownAudit } from './account-services.ts';

export interface ChangedFactor {
  account: Account;
  factor: FactorName;
  /** Of a key. */
  name?: string | undefined;
  /** It has taken the place of another one. */
  replaced?: boolean | undefined;
}

/** The audit event and the metric of a factor that a person has added or removed, and the mail that tells it to them. */
export async function tellOfFactor(
  ctx: Context,
  services: AccountServices,
  change: 'added' | 'removed',
  { account, factor, name, replaced = false }: ChangedFactor,
): Promise<void> {
  const { id: accountId } = account;
  const detail = { factor, ...(name !== undefined && { name }), ...(replaced && { replaced }) };
  ownAudit(ctx, services).record({ type: `factor.${change}`, accountId, detail });
  services.metrics.factor(methodOf(factor), replaced ? 'replaced' : change);
  await noticeFactor(services.mail, account, change, factor);
}

/** As the metric of sign-ins names it. */
function methodOf(factor: FactorName): string {
  return factor === 'recovery_codes' ? 'recovery_code' : factor;
}
