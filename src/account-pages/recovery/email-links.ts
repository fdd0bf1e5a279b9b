import type { Context, Middleware } from 'koa';
import { AccountError } from '../../accounts/errors.ts';
import { VERIFY_PATH } from '../../accounts/recovery/email-change.ts';
import { type LinkedChange, UNDO_PATH } from '../../accounts/recovery/email-undo.ts';
import type { FormToken } from '../../http/csrf.ts';
import { verifiedAddress } from '../../accounts/sign-in-name.ts';
import { useLanguageOf } from '../../http/languages.ts';
import { linkFormToken, linkToken } from '../../http/link-form.ts';
import { publicPath } from '../../http/paths.ts';
import type { Route } from '../../http/route.ts';
import type { Services } from '../../http/services.ts';
import { auditContext } from '../../http/state.ts';
import type { Message } from '../../messages/messages.ts';

/**
 * The pages behind the links of a change of the email address: the one to the new address confirms it, the one to the former undoes it.
 *
 * The new address may be that of a stranger, by a typing error, who would get links for a new password with it. So its page is one of the
 * account, and says nothing without its person. The former address was verified, and its owner may have lost everything else.
 */

type EmailServices = Pick<Services, 'renderPage' | 'emailChanges' | 'requirePerson' | 'formToken'>;

/** What one of the two links does, and how its page says it. */
interface LinkKind {
  path: string;
  name: string;
  steps: readonly Middleware[];
  token: FormToken;
  find(ctx: Context): Promise<LinkedChange | undefined>;
  use(ctx: Context): Promise<LinkedChange | undefined>;
  heading: Message;
  lead(change: LinkedChange): Message;
  submit: Message;
  doneHeading: Message;
  done(change: LinkedChange): Message;
  voidLead: Message;
  /** The account can be signed in to. */
  leadsToAccount: boolean;
}

export function emailLinkRoutes(services: EmailServices): Route[] {
  const { emailChanges, requirePerson, formToken } = services;
  const verify: LinkKind = {
    path: VERIFY_PATH,
    name: 'email_verify',
    steps: [requirePerson()],
    token: formToken,
    find: (ctx) => emailChanges.findRequest(linkToken(ctx), ctx.state.person.account.id),
    use: (ctx) => emailChanges.verify(linkToken(ctx), ctx.state.person.account.id, auditContext(ctx)),
    heading: { key: 'recovery.verify.heading' },
    lead: (change) => ({ key: 'recovery.verify.lead', values: valuesOf(change) }),
    submit: { key: 'recovery.verify.submit' },
    doneHeading: { key: 'recovery.verify.doneHeading' },
    done: (change) => ({
      // The account is that of before.
      key:
        verifiedAddress(change.account) === undefined ? 'recovery.verify.doneFirst' : 'recovery.verify.done',
      values: valuesOf(change),
    }),
    voidLead: { key: 'recovery.verify.void' },
    leadsToAccount: true,
  };
  const undo: LinkKind = {
    path: UNDO_PATH,
    name: 'email_undo',
    steps: [],
    token: linkFormToken,
    find: (ctx) => emailChanges.findUndo(linkToken(ctx)),
    use: (ctx) => emailChanges.undo(linkToken(ctx), auditContext(ctx)),
    heading: { key: 'recovery.undo.heading' },
    lead: (change) => ({ key: 'recovery.undo.lead', values: valuesOf(change) }),
    submit: { key: 'recovery.undo.submit' },
    doneHeading: { key: 'recovery.undo.doneHeading' },
    done: (change) => ({ key: 'recovery.undo.done', values: valuesOf(change) }),
    voidLead: { key: 'recovery.void.lead' },
    leadsToAccount: false,
  };
  return [verify, undo].map((kind) => ({
    kind: 'page',
    path: kind.path,
    name: kind.name,
    quota: 'signInForms',
    steps: kind.steps,
    token: kind.token,
    show: show(kind, services),
    submit: submit(kind, services),
  }));
}

function valuesOf({ account: { username }, address }: LinkedChange): { username: string; address: string } {
  return { username, address };
}

function show(kind: LinkKind, services: EmailServices): Middleware {
  return async (ctx) => {
    const change = await kind.find(ctx);
    if (change === undefined) return showVoidLink(ctx, services, kind.voidLead);
    useLanguageOf(ctx, change.account);
    services.renderPage(ctx, 'link', {
      action: publicPath(ctx, kind.path),
      csrf: kind.token(ctx),
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
      change = await kind.use(ctx);
    } catch (error) {
      if (!(error instanceof AccountError)) throw error;
      ctx.status = 409;
      services.renderPage(ctx, 'note', {
        heading: { key: 'recovery.taken.heading' },
        lead: { key: 'recovery.taken.lead' },
      });
      return;
    }
    if (change === undefined) return showVoidLink(ctx, services, kind.voidLead);
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
export function showVoidLink(
  ctx: Context,
  { renderPage }: Pick<Services, 'renderPage'>,
  lead: Message = { key: 'recovery.void.lead' },
): void {
  ctx.status = 400;
  renderPage(ctx, 'note', { heading: { key: 'recovery.void.heading' }, lead });
}
