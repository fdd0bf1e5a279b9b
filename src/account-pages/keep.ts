import { useLanguageOf } from '../http/languages.ts';
import { linkFormToken, linkToken, voidLink } from '../http/link-form.ts';
import { personAudit } from '../http/person-audit.ts';
import type { Message } from '../messages/messages.ts';
import type { Person } from '../pages/page-data.ts';
import { personOf } from '../pages/person.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-keep': KeepPage;
  }
}

/** Posts `csrf` and `token`. */
export interface KeepPage {
  csrf: string;
  token: string;
  person: Person;
  /** When the account is removed, in epoch seconds; absent when it is kept now. */
  at?: number | undefined;
}

const VOID: Message = { key: 'account.keep.void' };

/** The link in the mail that says that the account will be removed: it keeps the account, and starts no session. */
export function keepPage(services: AccountServices): AccountPage {
  const { deletions, renderPage } = services;
  return {
    show: async (ctx) => {
      const token = linkToken(ctx);
      const found = await deletions.findLink(token);
      if (found === undefined) throw voidLink(VOID);
      const { account, at } = found;
      useLanguageOf(ctx, account);
      renderPage(ctx, 'account-keep', { csrf: linkFormToken(ctx), token, person: personOf(account), at });
    },
    submit: async (ctx) => {
      const token = linkToken(ctx);
      const found = await deletions.findLink(token);
      if (found === undefined) throw voidLink(VOID);
      const own = personAudit(ctx, services, found.account.id);
      if (!(await deletions.keepByLink(token, { audit: own }))) throw voidLink(VOID);
      useLanguageOf(ctx, found.account);
      renderPage(ctx, 'account-keep', { csrf: '', token: '', person: personOf(found.account) });
    },
  };
}
