import type { Middleware } from 'koa';
import { KEEP_PATH } from '../accounts/deletion.ts';
import type { PersonRequirement } from '../accounts/sign-in/person-needs.ts';
import { lazyMiddleware } from '../http/lazy-middleware.ts';
import type { Route } from '../http/route.ts';
import type { Services } from '../http/services.ts';
import { linkFormToken } from '../http/link-form.ts';
import type { AccountPage } from './account-page.ts';
import type { AccountPages } from './account-pages.ts';
import { EMAIL_PATH } from './email.ts';

/**
 * `account-pages/` is what a person sees outside of an authorization: the front page (`home.ts`), the pages of `/account`, and those behind
 * links from mails and operators (`recovery/`, `keep.ts`, `enrolment.ts`). It owns what a page needs of its person (`require-person.ts`) and
 * what follows a form: the change, its audit event, its mail.
 *
 * It does not own the changes themselves, which are in `accounts/`, nor the sign-in, which is in `interactions/`; sign-out is an endpoint of
 * `oidc/logout/`. It reads the session through `Services.signedIn`. `app/routes.ts` mounts its rows.
 */

/** The rows of the pages at which people manage their accounts. @param load with the first request that needs them */
export function accountRoutes(
  services: Pick<Services, 'formToken' | 'requirePerson' | 'mail'>,
  load: () => Promise<AccountPages>,
): Route[] {
  const row = (page: keyof AccountPages, path: string, requirement?: PersonRequirement) => {
    const lazily = (pick: (handlers: AccountPage) => Middleware): Middleware =>
      lazyMiddleware(async () => pick((await load())[page]));
    return {
      kind: 'page',
      path,
      name: `account_${page}`,
      steps: [services.requirePerson(requirement)],
      show: lazily(({ show }) => show),
    } as const;
  };
  const withForm = (page: keyof AccountPages, path: string, requirement?: PersonRequirement) => {
    const post: Middleware = lazyMiddleware(async () => (await load())[page].submit ?? notFound);
    return { ...row(page, path, requirement), token: services.formToken, submit: post } as const;
  };
  return [
    { ...row('overview', '/account'), name: 'account' },
    withForm('profile', '/account/profile'),
    { ...withForm('password', '/account/password', { fresh: 'signIn' }), quota: 'signInForms' },
    ...(services.mail.isEnabled
      ? [
          {
            ...withForm('email', EMAIL_PATH, { fresh: 'proof', strongest: true }),
            quota: 'signInForms',
          } as const,
        ]
      : []),
    withForm('authenticator', '/account/authenticator', { fresh: 'proof', enrolling: true }),
    withForm('recoveryCodes', '/account/recovery-codes', { fresh: 'signIn' }),
    row('passkeys', '/account/passkeys'),
    withForm('passkey_add', '/account/passkeys/add', { fresh: 'proof', enrolling: true }),
    withForm('passkey_rename', '/account/passkeys/rename'),
    withForm('passkey_remove', '/account/passkeys/remove', { fresh: 'signIn' }),
    withForm('sessions', '/account/sessions'),
    withForm('apps', '/account/apps'),
    row('activity', '/account/activity'),
    withForm('data', '/account/data'),
    withForm('export', '/account/export', { fresh: 'proof' }),
    withForm('delete', '/account/delete', { fresh: 'signIn' }),
    { ...withForm('keep', KEEP_PATH), steps: [], token: linkFormToken },
  ];
}

function notFound(): never {
  throw new Error('the page has no form');
}
