import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import {
  createPermit,
  ENROLMENT_PATH,
  isPermit,
  isPermitted,
  PERMIT_LIFETIME,
} from '../accounts/enrolment-permit.ts';
import { accountOfLink, createLinks, type LinkContent } from '../accounts/links.ts';
import { useLanguageOf } from '../http/languages.ts';
import { linkFormToken, linkToken, voidLink } from '../http/link-form.ts';
import { publicPath } from '../http/paths.ts';
import type { Route } from '../http/route.ts';
import { seeOther } from '../http/see-other.ts';
import type { Services } from '../http/services.ts';
import { auditContext } from '../http/state.ts';
import type { Message } from '../messages/messages.ts';
import type { Person } from '../pages/page-data.ts';
import { personOf } from '../pages/person.ts';

/**
 * The link with which an administrator lets a person enrol a first factor, where a password alone is not enough for it. It is no sign-in:
 * the person signs in with the password, in the browser in which the link was used. The links of a sign-up, of an invitation and of a lost
 * factor do the same for the account that they have made or changed.
 *
 *     link (once) ──Continue──► permit in a cookie, an hour ──password──► pages that add a factor
 *                                  └── another browser, or a new generation of the account: void
 */

declare module '../pages/page-data.ts' {
  interface PageData {
    enrolment: EnrolmentPage;
  }
}

/** Posts `csrf` and `token`. */
export interface EnrolmentPage {
  csrf: string;
  token: string;
  person: Person;
}

declare module 'koa' {
  interface DefaultState {
    /** The permit that this request gives its browser. */
    enrolmentPermit?: string | undefined;
  }
}

type EnrolmentServices = Pick<Services, 'accounts' | 'audit' | 'clock' | 'renderPage' | 'store'>;

const VOID: Message = { key: 'enrolment.void' };

/** The page of the link. */
export function enrolmentRoute(services: EnrolmentServices): Route {
  const links = linksOf(services);
  return {
    kind: 'page',
    path: ENROLMENT_PATH,
    name: 'enrolment',
    quota: 'signInForms',
    show: async (ctx) => {
      const token = linkToken(ctx);
      const account = await holderOf(await links.find(token, 'enrolment'), services);
      if (account === undefined) throw voidLink(VOID);
      useLanguageOf(ctx, account);
      services.renderPage(ctx, 'enrolment', { csrf: linkFormToken(ctx), token, person: personOf(account) });
    },
    token: linkFormToken,
    submit: async (ctx) => {
      const account = await holderOf(await links.use(linkToken(ctx), 'enrolment'), services);
      if (account === undefined) throw voidLink(VOID);
      await permitEnrolment(ctx, services, account);
      const event = { accountId: account.id, ...auditContext(ctx) };
      services.audit.record({ type: 'account.enrolment_link_used', ...event });
      seeOther(ctx, publicPath(ctx, '/account'));
    },
  };
}

/**
 * Whether the password alone may enrol a first factor in this browser. It reads nothing without a permit.
 * @returns the check for `require-person.ts`, the steps of a sign-in and the overview
 */
export function enrolmentPermits(
  services: Pick<Services, 'store' | 'clock'>,
): (ctx: Context, account: Account) => Promise<boolean> {
  const links = linksOf(services);
  return (ctx, account) => {
    const cookie = ctx.cookies.get(ctx.cookieNames.enrolment, { signed: false });
    return isPermitted(links, ctx.state.enrolmentPermit ?? cookie, account);
  };
}

/** Lets the password alone enrol a first factor in this browser: its person has just used a link. */
export async function permitEnrolment(
  ctx: Context,
  services: Pick<Services, 'store' | 'clock'>,
  account: Pick<Account, 'id' | 'generation'>,
): Promise<void> {
  const permit = await createPermit(linksOf(services), account);
  ctx.state.enrolmentPermit = permit;
  setPermit(ctx, permit);
}

function linksOf({ store, clock }: Pick<Services, 'store' | 'clock'>) {
  return createLinks({ artifacts: store.artifacts, clock });
}

/** @returns undefined for a link that is void, and for a permit */
async function holderOf(
  content: LinkContent | undefined,
  { accounts }: Pick<Services, 'accounts'>,
): Promise<Account | undefined> {
  return isPermit(content) ? undefined : await accountOfLink(content, accounts);
}

function setPermit(ctx: Context, permit: string): void {
  ctx.cookies.set(ctx.cookieNames.enrolment, permit, {
    path: '/',
    maxAge: PERMIT_LIFETIME * 1000,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    signed: false,
  });
}
