import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import { type AccountServices, deletionContext } from './account-services.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-data': DataPage;
  }
}

/** Posts `csrf`: the account is kept. */
export interface DataPage extends AccountFrame {
  /** Seconds between the request and the removal. */
  delay: number;
}

const PATH = '/account/data';

/** What leads to the export and the removal of the account; and takes the removal back. */
export function dataPage(services: AccountServices): AccountPage {
  return {
    show: (ctx) =>
      services.renderPage(ctx, 'account-data', {
        ...accountFrame(ctx, services, PATH),
        delay: services.config.account.deletionDelay,
      }),
    submit: async (ctx) => {
      const { account } = ctx.state.person;
      await services.deletions.keep(account.id, deletionContext(ctx, services));
      redirectDone(ctx, PATH, 'account.data.kept');
    },
  };
}
