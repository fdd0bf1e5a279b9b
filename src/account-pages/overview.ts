import type { AccountFrame } from './account-frame.ts';
import { accountFrame } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    account: AccountFrame;
  }
}

/** The first page of `/account`: who is signed in, and what they can manage. */
export function overviewPage(services: AccountServices): AccountPage {
  return {
    show: (ctx) => services.renderPage(ctx, 'account', accountFrame(ctx, services, '/account')),
  };
}
