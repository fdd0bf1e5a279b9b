import type { Context } from 'koa';
import { changeNotice } from '../accounts/change-notice.ts';
import type { KeyKind } from '../accounts/credentials/passkey-options.ts';
import type { ChangeJobs } from '../store/store.ts';
import { type AccountServices, ownAudit } from './account-services.ts';

type KeyChange = 'added' | 'removed';

/** The mail that tells a person of a key that is added or removed, as a part of that change. */
export function keyNotice(
  { mail }: Pick<AccountServices, 'mail'>,
  change: KeyChange,
  kind: KeyKind,
): ChangeJobs {
  const factor = { key: kind === 'passkey' ? 'mail.factors.passkey' : 'mail.factors.securityKey' };
  return changeNotice(mail, change === 'added' ? 'factorAdded' : 'factorRemoved', { factor });
}

export function recordKey(
  ctx: Context,
  services: AccountServices,
  change: KeyChange,
  { kind, name }: { kind: KeyKind; name: string },
): void {
  const { id: accountId } = ctx.state.person.account;
  ownAudit(ctx, services).record({ type: `factor.${change}`, accountId, detail: { factor: kind, name } });
}
