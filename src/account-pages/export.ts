import { Readable } from 'node:stream';
import { nowInSeconds } from '../clock.ts';
import { type AccountFrame, accountFrame } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import { type AccountServices, ownAudit, ownConsents, ownSessions } from './account-services.ts';
import { exportAccount } from './exported-account.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-export': AccountFrame;
  }
}

/** A copy of everything that is stored about the person, as a file. It is made by a form, so that no address of a page has it. */
export function exportPage(services: AccountServices): AccountPage {
  const { store, clock, config, audit, renderPage } = services;
  return {
    show: (ctx) => renderPage(ctx, 'account-export', accountFrame(ctx, services, '/account/data')),
    submit: async (ctx) => {
      const { account } = ctx.state.person;
      await audit.flush();
      ownAudit(ctx, services).record({ type: 'account.exported', accountId: account.id });
      const text = exportAccount(account, {
        sessions: ownSessions(ctx, services),
        consents: ownConsents(ctx, services),
        audit: store.audit,
        issuer: config.issuer,
        now: nowInSeconds(clock),
      });
      ctx.attachment('account.json');
      ctx.type = 'application/json';
      ctx.body = Readable.from(text);
    },
  };
}
