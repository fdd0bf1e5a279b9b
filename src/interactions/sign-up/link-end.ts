import type { Context } from 'koa';
import { publicPath } from '../../http/paths.ts';
import type { NotePage } from '../../pages/note-page.ts';
import type { RenderPage } from '../../pages/render.ts';

/** What a person sees when a link has done its work, or does none. */

/** A person signs in there without an application. */
const SIGN_IN_PATH = '/account';

export type LinkKind = 'sign-up' | 'invitation';

/** @param signInUrl of the sign-in that waits in this browser */
export function showLinkEnd(
  ctx: Context,
  renderPage: RenderPage,
  end: 'taken' | 'void',
  kind: LinkKind,
  signInUrl?: string,
): void {
  ctx.status = 400;
  const isInvitation = kind === 'invitation';
  const voidKey = isInvitation ? 'signUp.void.invitation' : 'signUp.void.lead';
  renderPage(ctx, 'note', {
    heading: { key: end === 'taken' ? 'signUp.taken.heading' : 'signUp.void.heading' },
    lead: { key: end === 'taken' ? 'signUp.taken.lead' : voidKey },
    next: signInUrl === undefined ? undefined : signInLink(signInUrl),
  });
}

/** The account was made in a browser that has no sign-in waiting. */
export function showReady(ctx: Context, renderPage: RenderPage, kind: LinkKind, app?: NotePage['app']): void {
  const isInvitation = kind === 'invitation';
  renderPage(ctx, 'note', {
    heading: { key: 'signUp.ready.heading' },
    lead: { key: isInvitation ? 'signUp.ready.invited' : 'signUp.ready.elsewhere' },
    ...(isInvitation ? { next: signInLink(publicPath(ctx, SIGN_IN_PATH)) } : { app }),
  });
}

/** The same, where the account needs a second factor: the password alone adds one in this browser only (`accounts/enrolment-permit.ts`). */
export function showReadyForFactor(ctx: Context, renderPage: RenderPage): void {
  renderPage(ctx, 'note', {
    heading: { key: 'signUp.ready.heading' },
    lead: { key: 'signUp.ready.factorFirst' },
    next: { url: publicPath(ctx, SIGN_IN_PATH), label: { key: 'secondFactor.none.setUp' } },
  });
}

function signInLink(url: string): NonNullable<NotePage['next']> {
  return { url, label: { key: 'signUp.ready.signIn' } };
}
