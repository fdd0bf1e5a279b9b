import { personActor } from '../audit/actors.ts';
import type { DeletionContext } from '../accounts/deletion.ts';
import { useLanguageOf } from '../http/languages.ts';
import { linkFormToken, linkToken } from '../http/link-form.ts';
import { Problem } from '../http/problem.ts';
import { auditContext } from '../http/state.ts';
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

export const KEEP_PATH = '/account/keep';

/** The link in the mail that says that the account will be removed: it keeps the account, and starts no session. */
export function keepPage({ deletions, audit, renderPage }: AccountServices): AccountPage {
  return {
    show: async (ctx) => {
      const token = linkToken(ctx);
      const found = await deletions.findLink(token);
      if (found === undefined) throw voidLink();
      const { account, at } = found;
      useLanguageOf(ctx, account);
      renderPage(ctx, 'account-keep', { csrf: linkFormToken(ctx), token, person: personOf(account), at });
    },
    submit: async (ctx) => {
      const token = linkToken(ctx);
      const found = await deletions.findLink(token);
      if (found === undefined) throw voidLink();
      const actor = personActor(found.account.id);
      const context: DeletionContext = {
        audit: { record: (entry) => audit.record({ ...entry, actor, ...auditContext(ctx) }) },
      };
      if (!(await deletions.keepByLink(token, context))) throw voidLink();
      useLanguageOf(ctx, found.account);
      renderPage(ctx, 'account-keep', { csrf: '', token: '', person: personOf(found.account) });
    },
  };
}

function voidLink(): Problem {
  return new Problem(404, 'not_found', 'the link was used, or has expired', {
    words: { key: 'account.keep.void' },
    format: 'page',
  });
}
