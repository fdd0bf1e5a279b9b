import type { Mail } from '../../mail/mail.ts';
import { type AccountRecord, emailKey, type Store } from '../../store/store.ts';
import { languageOf } from '../account-language.ts';
import { type Links, linkUrl } from '../links.ts';
import { mailAddressOf } from '../sign-in-name.ts';

/** Links to the page that sets a new password (`password-reset.ts`): of a person who has forgotten it, and of an operator. */

/** Seconds. */
export const RESET_LIFETIME = 30 * 60;

/** Of a link that an operator passes on. Seconds. */
export const OPERATOR_RESET_LIFETIME = 24 * 60 * 60;

export const RESET_PATH = '/password/reset';

interface ResetLinkOptions {
  links: Pick<Links, 'create'>;
  issuer: string;
  /** Seconds. */
  lifetime: number;
  /** `uid` of the interaction to which the person returns. */
  interaction?: string | undefined;
  /** To which it is sent: the link is void when the account has another one. */
  to?: string | undefined;
}

/** @returns the address of the page */
export async function resetLink(
  { id, generation }: Pick<AccountRecord, 'id' | 'generation'>,
  { links, issuer, lifetime, interaction, to }: ResetLinkOptions,
): Promise<string> {
  const content = { accountId: id, generation, interaction, address: emailKey(to) };
  const token = await links.create('password reset', content, lifetime);
  return linkUrl(issuer, RESET_PATH, token);
}

/** The mail with a link that the person has not asked for: of an operator, or after a change of the address was undone. */
export type ResetMail = 'passwordResetByOperator' | 'passwordResetAfterUndo';

/**
 * Sends a link of an operator, or of the server, to the address of an account.
 * @returns the address; undefined where the account has none that is verified and its own
 */
export async function mailResetLink(
  name: ResetMail,
  account: Pick<AccountRecord, 'id' | 'generation' | 'claims'>,
  options: { store: Pick<Store, 'accounts'>; mail: Mail } & Pick<ResetLinkOptions, 'links' | 'issuer'>,
): Promise<string | undefined> {
  const to = await mailAddressOf(options.store, account);
  if (to === undefined) return undefined;
  const lifetime = OPERATOR_RESET_LIFETIME;
  const url = await resetLink(account, { ...options, lifetime, to });
  await options.mail.send(name, {
    to,
    accountId: account.id,
    url,
    lifetime,
    values: { lifetime },
    language: languageOf(account),
  });
  return to;
}
