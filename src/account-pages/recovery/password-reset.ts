import type { Context } from 'koa';
import { UnacceptablePasswordError } from '../../accounts/errors.ts';
import { PasswordQueueFullError } from '../../accounts/credentials/password.ts';
import type { PendingReset } from '../../accounts/recovery/password-reset.ts';
import { RESET_PATH } from '../../accounts/recovery/reset-link.ts';
import { formField } from '../../http/form-body.ts';
import { uiLocalesOf, useLanguageOf } from '../../http/languages.ts';
import { linkFormToken, linkToken } from '../../http/link-form.ts';
import { FORGOTTEN_PATH, INTERACTION_PATH, interactionPath, publicPath } from '../../http/paths.ts';
import type { Route } from '../../http/route.ts';
import { seeOther } from '../../http/see-other.ts';
import type { Services } from '../../http/services.ts';
import { auditContext } from '../../http/state.ts';
import type { Message } from '../../messages/messages.ts';
import type { LinkPage } from './page-data.ts';

/** The page behind a link for a new password. It sets the password, and makes no session. */

type ResetServices = Pick<Services, 'config' | 'renderPage' | 'mail' | 'passwordResets' | 'pendingApp'>;

/** Of an interaction, so that the browser in which it began shows its cookie. */
const CHANGED_PATH = `${INTERACTION_PATH}/password_changed`;

export function passwordResetRoutes(services: ResetServices): Route[] {
  const { passwordResets } = services;
  return [
    {
      kind: 'page',
      path: RESET_PATH,
      name: 'password_reset',
      quota: 'signInForms',
      token: linkFormToken,
      show: async (ctx) => {
        const pending = await passwordResets.find(linkToken(ctx));
        if (pending === undefined) showVoid(ctx, services);
        else showForm(ctx, services, pending);
      },
      submit: (ctx) => submit(ctx, services),
    },
    { kind: 'page', path: CHANGED_PATH, name: 'password_changed', show: (ctx) => showChanged(ctx, services) },
  ];
}

async function submit(ctx: Context, services: ResetServices): Promise<void> {
  const { passwordResets } = services;
  const token = linkToken(ctx);
  const askAgain = async (status: number, problems: NonNullable<LinkPage['problems']>): Promise<void> => {
    const pending = await passwordResets.find(token);
    if (pending === undefined) return showVoid(ctx, services);
    ctx.status = status;
    showForm(ctx, services, pending, problems);
  };
  try {
    const done = await passwordResets.finish(token, formField(ctx, 'password') ?? '', auditContext(ctx));
    if (done === undefined) return showVoid(ctx, services);
    useLanguageOf(ctx, done.account);
    if (done.interaction === undefined) await showChanged(ctx, services);
    else redirectToChanged(ctx, done.interaction);
  } catch (error) {
    if (error instanceof PasswordQueueFullError) await askAgain(503, [{ key: 'recovery.reset.busy' }]);
    else if (error instanceof UnacceptablePasswordError)
      await askAgain(
        400,
        error.passwordProblems.map((problem) => ({ ...problem, field: 'password' })),
      );
    else throw error;
  }
}

function redirectToChanged(ctx: Context, interaction: string): void {
  const languages = new URLSearchParams(uiLocalesOf(ctx)).toString();
  seeOther(ctx, publicPath(ctx, CHANGED_PATH.replace(':uid', interaction)) + (languages && `?${languages}`));
}

function showForm(
  ctx: Context,
  { config, renderPage }: ResetServices,
  { account }: PendingReset,
  problems?: LinkPage['problems'],
): void {
  useLanguageOf(ctx, account);
  const { username } = account;
  renderPage(ctx, 'link', {
    action: publicPath(ctx, RESET_PATH),
    csrf: linkFormToken(ctx),
    token: linkToken(ctx),
    heading: { key: 'recovery.reset.heading' },
    lead: { key: 'recovery.reset.lead', values: { username } },
    submit: { key: 'recovery.reset.submit' },
    password: { kind: 'new', username, minimumLength: config.passwords.minimumLength },
    problems,
  });
}

/**
 * Leads back to the sign-in that the person came from: in its browser to its page, which can repeat an expired request; in another one to
 * the application, because the response to that request would be refused there.
 */
async function showChanged(ctx: Context, { renderPage, pendingApp }: ResetServices): Promise<void> {
  const uid = (ctx.params as { uid?: string } | undefined)?.uid;
  const isHere = ctx.cookies.get(ctx.cookieNames.request, { signed: false }) !== undefined;
  const app = uid === undefined || isHere ? undefined : await pendingApp(ctx, uid);
  renderPage(ctx, 'note', {
    heading: { key: 'recovery.reset.doneHeading' },
    lead: { key: 'recovery.reset.done' },
    app,
    ...(uid !== undefined && isHere && { next: signInLink(interactionPath(ctx, uid)) }),
    // A link of an operator, or of a mail that nothing was waiting for.
    ...(uid === undefined && {
      next: { url: publicPath(ctx, '/account'), label: { key: 'recovery.reset.signIn' } },
    }),
  });
}

function signInLink(url: string): { url: string; label: Message } {
  return { url, label: { key: 'recovery.forgotten.back' } };
}

function showVoid(ctx: Context, { renderPage, mail }: ResetServices): void {
  ctx.status = 400;
  renderPage(ctx, 'note', {
    heading: { key: 'recovery.reset.voidHeading' },
    lead: { key: mail.isEnabled ? 'recovery.reset.void' : 'recovery.reset.voidWithoutMail' },
    ...(mail.isEnabled && {
      next: { url: publicPath(ctx, FORGOTTEN_PATH), label: { key: 'recovery.reset.again' } },
    }),
  });
}
