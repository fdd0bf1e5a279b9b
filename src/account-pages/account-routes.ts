import type { Middleware } from 'koa';
import { lazyMiddleware } from '../http/lazy-middleware.ts';
import { publicPath } from '../http/paths.ts';
import type { Route } from '../http/route.ts';
import type { Services, SignedIn } from '../http/services.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountPages } from './account-pages.ts';

declare module 'koa' {
  interface DefaultState {
    /** Behind `requirePerson`. */
    person: SignedIn;
  }
}

/** The rows of the pages at which people manage their accounts. @param load with the first request that needs them */
export function accountRoutes(
  services: Pick<Services, 'formToken' | 'signedIn'>,
  load: () => Promise<AccountPages>,
): Route[] {
  const row = (page: keyof AccountPages, path: string) => {
    const lazily = (pick: (handlers: AccountPage) => Middleware): Middleware =>
      lazyMiddleware(async () => pick((await load())[page]));
    return {
      kind: 'page',
      path,
      name: `account_${page}`,
      steps: [requirePerson(services)],
      show: lazily(({ show }) => show),
    } as const;
  };
  const withForm = (page: keyof AccountPages, path: string) => {
    const post: Middleware = lazyMiddleware(async () => (await load())[page].submit ?? notFound);
    return { ...row(page, path), token: services.formToken, submit: post } as const;
  };
  return [
    { ...row('overview', '/account'), name: 'account' },
    withForm('profile', '/account/profile'),
    { ...withForm('password', '/account/password'), quota: 'signInForms' },
    withForm('sessions', '/account/sessions'),
    withForm('apps', '/account/apps'),
    row('activity', '/account/activity'),
  ];
}

function requirePerson({ signedIn }: Pick<Services, 'signedIn'>): Middleware {
  return async (ctx, next) => {
    const person = await signedIn(ctx);
    if (person === undefined) {
      ctx.status = 303;
      ctx.redirect(publicPath(ctx, '/'));
      return;
    }
    ctx.state.person = person;
    await next();
  };
}

function notFound(): never {
  throw new Error('the page has no form');
}
