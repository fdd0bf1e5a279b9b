import { hash } from 'node:crypto';
import type { Context } from 'koa';
import type { PasswordResets } from '../../accounts/recovery/password-reset.ts';
import { RESET_LIFETIME } from '../../accounts/recovery/reset-link.ts';
import type { FormToken } from '../../http/csrf.ts';
import { readDeviceCookie } from '../../http/device-cookie.ts';
import { formField } from '../../http/form-body.ts';
import { preferredLanguages, uiLocalesOf } from '../../http/languages.ts';
import { FORGOTTEN_PATH, forgottenUrl, interactionPath, publicPath } from '../../http/paths.ts';
import type { Route } from '../../http/route.ts';
import type { Services } from '../../http/services.ts';
import { auditContext } from '../../http/state.ts';

/**
 * The page that sends a link for a new password. Its response is the same for every name, after the same work: one job in the outbox
 * (OWASP Forgot Password; ASVS 5.0 6.3.8).
 */

const INTERACTION = /^[\w-]{43}$/;

export function forgottenPasswordRoute({
  passwordResets,
  renderPage,
}: Pick<Services, 'renderPage'> & { passwordResets: PasswordResets }): Route {
  const show = (ctx: Context, interaction: string | undefined, sent: boolean): void => {
    const backUrl = interaction === undefined ? publicPath(ctx, '/') : interactionPath(ctx, interaction);
    renderPage(ctx, 'forgotten-password', {
      action: forgottenUrl(ctx, uiLocalesOf(ctx)),
      csrf: publicFormToken(ctx),
      interaction,
      backUrl,
      minutes: RESET_LIFETIME / 60,
      sent,
    });
  };
  return {
    kind: 'page',
    path: FORGOTTEN_PATH,
    name: 'forgotten_password',
    quota: 'signInForms',
    token: publicFormToken,
    show: (ctx) => show(ctx, interactionOf(ctx.query.interaction), false),
    submit: async (ctx) => {
      const interaction = interactionOf(formField(ctx, 'interaction'));
      const [language] = preferredLanguages(ctx);
      const name = formField(ctx, 'name') ?? '';
      const device = readDeviceCookie(ctx);
      await passwordResets.request({ name, interaction, language, device, ...auditContext(ctx) });
      show(ctx, interaction, true);
    },
  };
}

/** The page of the sign-in that a person came from, which this browser may not have. */
function interactionOf(text: unknown): string | undefined {
  return typeof text === 'string' && INTERACTION.test(text) ? text : undefined;
}

/**
 * The form token of a form that anyone may post, without a session or a link: it changes nothing for the person whose browser posts it. The
 * site that the browser reports is checked all the same (`http/csrf.ts`).
 */
const publicFormToken: FormToken = (ctx) =>
  hash('sha256', JSON.stringify(['public form', ctx.path]), 'base64url');
