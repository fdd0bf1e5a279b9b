import type { Context } from 'koa';
import type { Account } from '../accounts/accounts.ts';
import { ENROLMENT_PATH, mayEnrolByPassword } from '../accounts/enrolment-permit.ts';
import { accountOfLink, createLinks, type LinkContent, type Links } from '../accounts/links.ts';
import { useLanguageOf } from '../http/languages.ts';
import { linkFormToken, linkToken, voidLink } from '../http/link-form.ts';
import { publicPath } from '../http/paths.ts';
import type { Route } from '../http/route.ts';
import { seeOther } from '../http/see-other.ts';
import type { Services } from '../http/services.ts';
import type { Message } from '../messages/messages.ts';
import type { Person } from '../pages/page-data.ts';
import { personOf } from '../pages/person.ts';

/**
 * The link with which an administrator lets a person enrol a first factor, where a password alone is not enough for it. It is no sign-in:
 * the person signs in with the password, in the browser in which the link was used.
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

type EnrolmentServices = Pick<Services, 'accounts' | 'clock' | 'renderPage' | 'store'>;

/** Seconds in which the person signs in and adds a factor. */
const PERMIT_LIFETIME = 3600;

const VOID: Message = { key: 'enrolment.void' };

/** The page of the link. */
export function enrolmentRoute(services: EnrolmentServices): Route {
  const links = createLinks({ artifacts: services.store.artifacts, clock: services.clock });
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
      const { id: accountId, generation } = account;
      const permit = await links.create(
        'enrolment',
        { accountId, generation, isPermit: true },
        PERMIT_LIFETIME,
      );
      setPermit(ctx, permit);
      seeOther(ctx, publicPath(ctx, '/account'));
    },
  };
}

/**
 * Whether the password alone may enrol a first factor: of a new account, or in a browser with the permit of a link.
 * @returns the check for `require-person.ts` and the steps of a sign-in
 */
export function enrolmentPermits({
  store,
  clock,
}: Pick<Services, 'store' | 'clock'>): (ctx: Context, account: Account) => Promise<boolean> {
  const links = createLinks({ artifacts: store.artifacts, clock });
  return async (ctx, account) => {
    if (mayEnrolByPassword(account, clock)) return true;
    const permit = await permitOf(ctx, links);
    return permit?.accountId === account.id && permit.generation === account.generation;
  };
}

/** A link is none: it has to be used first. */
async function permitOf(ctx: Context, links: Pick<Links, 'find'>): Promise<LinkContent | undefined> {
  const token = ctx.cookies.get(ctx.cookieNames.enrolment, { signed: false });
  const content = token === undefined ? undefined : await links.find(token, 'enrolment');
  return content?.isPermit === true ? content : undefined;
}

/** @returns undefined for a link that is void, and for a permit */
async function holderOf(
  content: LinkContent | undefined,
  { accounts }: Pick<Services, 'accounts'>,
): Promise<Account | undefined> {
  return content?.isPermit === true ? undefined : await accountOfLink(content, accounts);
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
