import type { Context, Middleware } from 'koa';
import { AccountError } from '../../accounts/errors.ts';
import { VERIFY_PATH } from '../../accounts/recovery/email-change.ts';
import { type LinkedChange, UNDO_PATH } from '../../accounts/recovery/email-undo.ts';
import type { RevocationContext } from '../../accounts/sessions.ts';
import { useLanguageOf } from '../../http/languages.ts';
import { linkFormToken, linkToken } from '../../http/link-form.ts';
import { publicPath } from '../../http/paths.ts';
import type { Route } from '../../http/route.ts';
import type { Services } from '../../http/services.ts';
import { auditContext } from '../../http/state.ts';
import type { Message } from '../../messages/messages.ts';

/** The pages behind the links of a change of the email address: the one to the new address confirms it, the one to the former undoes it. */

type EmailServices = Pick<Services, 'renderPage' | 'emailChanges'>;

/** What one of the two links does, and how its page says it. */
interface LinkKind {
  path: string;
  name: string;
  find(token: string): Promise<LinkedChange | undefined>;
  use(token: string, context: RevocationContext): Promise<LinkedChange | undefined>;
  heading: Message;
  lead(change: LinkedChange): Message;
  submit: Message;
  doneHeading: Message;
  done(change: LinkedChange): Message;
  /** The account can be signed in to. */
  leadsToAccount: boolean;
}

export function emailLinkRoutes(services: EmailServices): Route[] {
  const { emailChanges } = services;
  const verify: LinkKind = {
    path: VERIFY_PATH,
    name: 'email_verify',
    find: (token) => emailChanges.findRequest(token),
    use: (token, context) => emailChanges.verify(token, context),
    heading: { key: 'recovery.verify.heading' },
    lead: (change) => ({ key: 'recovery.verify.lead', values: valuesOf(change) }),
    submit: { key: 'recovery.verify.submit' },
    doneHeading: { key: 'recovery.verify.doneHeading' },
    done: (change) => ({ key: 'recovery.verify.done', values: valuesOf(change) }),
    leadsToAccount: true,
  };
  const undo: LinkKind = {
    path: UNDO_PATH,
    name: 'email_undo',
    find: (token) => emailChanges.findUndo(token),
    use: (token, context) => emailChanges.undo(token, context),
    heading: { key: 'recovery.undo.heading' },
    lead: (change) => ({ key: 'recovery.undo.lead', values: valuesOf(change) }),
    submit: { key: 'recovery.undo.submit' },
    doneHeading: { key: 'recovery.undo.doneHeading' },
    done: (change) => ({ key: 'recovery.undo.done', values: valuesOf(change) }),
    leadsToAccount: false,
  };
  return [verify, undo].map((kind) => ({
    kind: 'page',
    path: kind.path,
    name: kind.name,
    quota: 'signInForms',
    token: linkFormToken,
    show: show(kind, services),
    submit: submit(kind, services),
  }));
}

function valuesOf({ account: { username }, address }: LinkedChange): { username: string; address: string } {
  return { username, address };
}

function show(kind: LinkKind, services: EmailServices): Middleware {
  return async (ctx) => {
    const change = await kind.find(linkToken(ctx));
    if (change === undefined) return showVoidLink(ctx, services);
    useLanguageOf(ctx, change.account);
    services.renderPage(ctx, 'link', {
      action: publicPath(ctx, kind.path),
      csrf: linkFormToken(ctx),
      token: linkToken(ctx),
      heading: kind.heading,
      lead: kind.lead(change),
      submit: kind.submit,
    });
  };
}

function submit(kind: LinkKind, services: EmailServices): Middleware {
  return async (ctx) => {
    let change: LinkedChange | undefined;
    try {
      change = await kind.use(linkToken(ctx), auditContext(ctx));
    } catch (error) {
      if (!(error instanceof AccountError)) throw error;
      ctx.status = 409;
      services.renderPage(ctx, 'note', {
        heading: { key: 'recovery.taken.heading' },
        lead: { key: 'recovery.taken.lead' },
      });
      return;
    }
    if (change === undefined) return showVoidLink(ctx, services);
    useLanguageOf(ctx, change.account);
    services.renderPage(ctx, 'note', {
      heading: kind.doneHeading,
      lead: kind.done(change),
      ...(kind.leadsToAccount && { next: accountLink(ctx) }),
    });
  };
}

/** From a page that a mail led to. */
export function accountLink(ctx: Context): { url: string; label: Message } {
  return { url: publicPath(ctx, '/account'), label: { key: 'mail.openAccount' } };
}

/** For a link of which nothing is left. The status is that of an expired interaction. */
export function showVoidLink(ctx: Context, { renderPage }: Pick<Services, 'renderPage'>): void {
  ctx.status = 400;
  renderPage(ctx, 'note', {
    heading: { key: 'recovery.void.heading' },
    lead: { key: 'recovery.void.lead' },
  });
}
