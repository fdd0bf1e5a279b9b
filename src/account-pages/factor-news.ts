import type { Context } from 'koa';
import type { FactorChange, FactorName } from '../accounts/factor-notice.ts';
import { type AccountServices, ownAudit } from './account-services.ts';

/**
 * The audit event and the metric of a factor that a person has added or removed. The mail about it is a part of the change
 * (`accounts/factor-notice.ts`).
 * @param detail of the event: the name that the person has given to a key; whether the factor replaces another one
 */
export function recordFactor(
  ctx: Context,
  services: AccountServices,
  change: FactorChange,
  { replaced = false, ...others }: { factor: FactorName; name?: string; replaced?: boolean },
): void {
  const { id: accountId } = ctx.state.person.account;
  const detail = { ...others, ...(replaced && { replaced }) };
  ownAudit(ctx, services).record({ type: `factor.${change}`, accountId, detail });
  services.metrics.factor(methodOf(others.factor), replaced ? 'replaced' : change);
}

/** As the metric of sign-ins names it. */
function methodOf(factor: FactorName): string {
  return factor === 'recovery_codes' ? 'recovery_code' : factor;
}
