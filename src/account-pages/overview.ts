import type { Context } from 'koa';
import { publicPath } from '../http/paths.ts';
import type { Message } from '../messages/messages.ts';
import { type AccountFrame, accountFrame } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';
import { enrolmentPermits } from './enrolment.ts';
import { pendingOf, type Pointer, recommendationFor, statesOf } from './summary.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    account: OverviewPage;
  }
}

/** The text of a section is what is set up there. */
export interface OverviewPage extends AccountFrame {
  pending: OverviewLink[];
  recommended?: OverviewLink | undefined;
}

export interface OverviewLink {
  text: Message;
  url: string;
  action: Message;
}

/** The first page of `/account`: who is signed in, what is set up, and what they can manage. */
export function overviewPage(services: AccountServices): AccountPage {
  const isPermitted = enrolmentPermits(services);
  return {
    show: async (ctx) => {
      const { account } = ctx.state.person;
      const frame = accountFrame(ctx, services, '/account');
      const states = new Map(
        Object.entries(statesOf(services, account)).map(([path, text]) => [publicPath(ctx, path), text]),
      );
      const recommended = recommendationFor(services, account, await isPermitted(ctx, account));
      services.renderPage(ctx, 'account', {
        ...frame,
        sections: frame.sections.map(({ url, title, text, isCurrent }) => ({
          url,
          title,
          text: states.get(url) ?? text,
          isCurrent,
        })),
        pending: pendingOf(services, account).map((pointer) => linkTo(ctx, pointer)),
        recommended: recommended && linkTo(ctx, recommended),
      });
    },
  };
}

function linkTo(ctx: Context, { text, path, action }: Pointer): OverviewLink {
  return { text, url: publicPath(ctx, path), action };
}
