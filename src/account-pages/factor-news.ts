import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import type { KeyKind } from '../accounts/credentials/passkey-options.ts';
import { type AccountServices, ownAudit } from './account-services.ts';

/** The audit event of a key that a person has added or removed, and the mail that tells it to them. */
export async function tellOfKey(
  ctx: Context,
  services: AccountServices,
  change: 'added' | 'removed',
  { account, kind, name }: { account: Account; kind: KeyKind; name: string },
): Promise<void> {
  const { id: accountId, username } = account;
  ownAudit(ctx, services).record({ type: `factor.${change}`, accountId, detail: { factor: kind, name } });
  const factor = { key: kind === 'passkey' ? 'mail.factors.passkey' : 'mail.factors.securityKey' };
  await services.mail.notice(account, change === 'added' ? 'factorAdded' : 'factorRemoved', {
    username,
    factor,
  });
}
