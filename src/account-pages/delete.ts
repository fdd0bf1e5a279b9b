import type { Context } from 'koa';
import { deletionOf } from '../accounts/deletion.ts';
import { asUsername } from '../accounts/username.ts';
import { formField } from '../http/form-body.ts';
import { publicPath } from '../http/paths.ts';
import { seeOther } from '../http/see-other.ts';
import type { Message } from '../messages/messages.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import { type AccountServices, deletionContext } from './account-services.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-delete': DeletePage;
  }
}

/** Posts `csrf` and `username`, which the person types to confirm. */
export interface DeletePage extends AccountFrame {
  /** Seconds between the request and the removal. */
  delay: number;
  typed: string;
  problem?: Message | undefined;
}

const DATA_PATH = '/account/data';

/** Requests the removal of the account, once. The person stays signed in here, to keep it. */
export function deletePage(services: AccountServices): AccountPage {
  const render = (ctx: Context, typed = '', problem?: Message): void =>
    services.renderPage(ctx, 'account-delete', {
      ...accountFrame(ctx, services, DATA_PATH),
      delay: services.config.account.deletionDelay,
      typed,
      problem,
    });
  return {
    show: (ctx) => (isRequested(ctx) ? toData(ctx) : render(ctx)),
    submit: async (ctx) => {
      if (isRequested(ctx)) return toData(ctx);
      const { account } = ctx.state.person;
      const typed = formField(ctx, 'username') ?? '';
      if (asUsername(typed) !== account.username) {
        ctx.status = 400;
        render(ctx, typed, { key: 'account.delete.wrong' });
        return;
      }
      await services.renewSession(ctx, () =>
        services.deletions.request(account.id, deletionContext(ctx, services)),
      );
      redirectDone(ctx, DATA_PATH, 'account.delete.requested');
    },
  };
}

function isRequested(ctx: Context): boolean {
  return deletionOf(ctx.state.person.account) !== undefined;
}

function toData(ctx: Context): void {
  seeOther(ctx, publicPath(ctx, DATA_PATH));
}
