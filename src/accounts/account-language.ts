import type { AccountRecord } from '../store/store.ts';

/** The claim `locale`: the language in which a person gets mails. */
export function languageOf({ claims }: Pick<AccountRecord, 'claims'>): string | undefined {
  return typeof claims.locale === 'string' ? claims.locale : undefined;
}
