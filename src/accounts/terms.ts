import type { Terms } from '../config/schema-sign-up.ts';
import { lookUpLanguage } from '../messages/choice.ts';
import { FALLBACK_LANGUAGE } from '../messages/messages.ts';
import type { AcceptedTerms, AccountDetails, Store } from '../store/store.ts';

/** The terms that people accept: which version an account has accepted, and when. */

/** Whether an account has to accept the terms before it is signed in. */
export function isTermsDue(
  { details }: { readonly details?: AccountDetails | undefined },
  terms: Terms | undefined,
): boolean {
  return terms !== undefined && details?.terms?.version !== terms.version;
}

/** @param at epoch seconds */
export function acceptedTerms({ version }: Terms, at: number): AcceptedTerms {
  return { version, at };
}

/** The address of the terms in a language (RFC 4647 §3.4, look-up). */
export function termsUrl({ url, urls }: Terms, language: string): string {
  const byTag = new Map(Object.entries(urls).map(([tag, address]) => [tag.toLowerCase(), address]));
  const tag = lookUpLanguage([language.toLowerCase()], new Set(byTag.keys()));
  const found = tag === undefined ? url : byTag.get(tag);
  return found ?? byTag.get(FALLBACK_LANGUAGE) ?? Object.values(urls)[0] ?? '';
}

/** Records that an account has accepted the terms, also for concurrent sign-ins. */
export async function acceptTerms(
  { accounts }: Pick<Store, 'accounts'>,
  terms: Terms,
  { accountId, at }: { accountId: string; at: number },
): Promise<void> {
  await accounts.update(accountId, ({ details }) =>
    isTermsDue({ details }, terms) ? { details: { ...details, terms: acceptedTerms(terms, at) } } : undefined,
  );
}
