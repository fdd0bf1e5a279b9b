import { hash } from 'node:crypto';
import type { Context } from 'koa';
import { browserOf } from '../../accounts/browser-name.ts';
import type { CreationOptions } from '../../accounts/credentials/passkey-options.ts';
import type { Passkeys } from '../../accounts/credentials/passkeys.ts';
import type { Choice, Offer } from '../../accounts/sign-up/new-person.ts';
import { passkeyName } from '../../account-pages/passkey-name.ts';
import { formField } from '../../http/form-body.ts';
import { linkToken } from '../../http/link-form.ts';
import type { Message } from '../../messages/messages.ts';
import { PASSKEY_REFUSALS } from '../../pages/passkey-refusals.ts';
import type { Logger } from '../../observability/log.ts';

/** A new account with a passkey instead of a password: the browser makes it for the account that is about to be made. */

export interface NewPasskeyServices {
  passkeys: Passkeys | undefined;
  log: Pick<Logger, 'info'>;
}

export type PasskeyOffer = Pick<Offer, 'accountId' | 'address'> & { readonly name?: string | undefined };

/** The challenge belongs to the link. */
function challengeKey(ctx: Context): string {
  return hash('sha256', JSON.stringify(['passkey of a new account', linkToken(ctx)]), 'base64url');
}

/** For the page. */
export function passkeyOptions(
  ctx: Context,
  { passkeys }: NewPasskeyServices,
  { accountId: id, address, name }: PasskeyOffer,
): CreationOptions | undefined {
  const claims = name === undefined ? {} : { name };
  return passkeys?.creationOptions({ id, username: address, claims }, 'passkey', challengeKey(ctx));
}

/** The passkey of the form that was posted. @returns nothing for a form with a password */
export async function readPasskey(
  ctx: Context,
  { passkeys, log }: NewPasskeyServices,
  { accountId }: PasskeyOffer,
): Promise<{ passkey?: Choice['passkey']; problem?: Message }> {
  const response = formField(ctx, 'credential') ?? '';
  if (passkeys === undefined || response === '') return {};
  const name = passkeyName(browserOf(ctx.get('User-Agent'))?.name);
  const attempt = { kind: 'passkey', name, response, key: challengeKey(ctx) } as const;
  const prepared = await passkeys.prepare(accountId, attempt);
  if (prepared.outcome === 'prepared') return { passkey: prepared };
  const { reason, detail } = prepared;
  log.info({ traceId: ctx.state.traceId, reason, detail }, 'passkey of a new account refused');
  return { problem: PASSKEY_REFUSALS[reason] };
}
