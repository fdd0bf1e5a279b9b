import type { Context } from 'koa';
import { AccountError } from '../accounts/errors.ts';
import { requestedAddress } from '../accounts/recovery/email-change.ts';
import { nowInSeconds } from '../clock.ts';
import { formField } from '../http/form-body.ts';
import type { Message } from '../messages/messages.ts';
import { type AccountFrame, accountFrame, redirectDone } from './account-frame.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountServices } from './account-services.ts';
import { auditContext } from '../http/state.ts';

declare module '../pages/page-data.ts' {
  interface PageData {
    'account-email': EmailPage;
  }
}

/** Posts `csrf` and `email`. */
export interface EmailPage extends AccountFrame {
  /** The present address. */
  email?: string | undefined;
  isEmailVerified: boolean;
  /** The address that a link was sent to, and until when it can be opened (epoch seconds). */
  requested?: { email: string; until: number } | undefined;
  /** What was typed. */
  typed: string;
  problem?: Message | undefined;
}

export const EMAIL_PATH = '/account/email';

/** Characters of an address. */
const MAX_LENGTH = 320;

/**
 * The change of the email address: it sends a link to the new one (`accounts/recovery/email-change.ts`). The response does not say whether
 * another account has the address.
 */
export function emailPage(services: AccountServices): AccountPage {
  const render = (ctx: Context, typed = '', problem?: Message): void => {
    const { email, email_verified: verified } = ctx.state.person.account.claims;
    services.renderPage(ctx, 'account-email', {
      ...accountFrame(ctx, services, EMAIL_PATH),
      email: typeof email === 'string' ? email : undefined,
      isEmailVerified: verified === true,
      requested: requestedAddress(ctx.state.person.account, nowInSeconds(services.clock)),
      typed,
      problem,
    });
  };
  return {
    show: (ctx) => render(ctx),
    submit: async (ctx) => {
      const typed = (formField(ctx, 'email') ?? '').trim().slice(0, MAX_LENGTH);
      try {
        await services.emailChanges.request(ctx.state.person.account, typed, auditContext(ctx));
      } catch (error) {
        if (!(error instanceof AccountError)) throw error;
        ctx.status = 400;
        render(ctx, typed, { key: 'email.wrong' });
        return;
      }
      redirectDone(ctx, EMAIL_PATH, 'email.sent');
    },
  };
}
