import type { Context, Middleware } from 'koa';
import compose from 'koa-compose';
import { EMAIL_CODE_LIFETIME } from '../../accounts/recovery/email-sign-in.ts';
import { groupedMailCode } from '../../accounts/recovery/mail-code.ts';
import { readDeviceCookie } from '../../http/device-cookie.ts';
import { formField } from '../../http/form-body.ts';
import { preferredLanguages } from '../../http/languages.ts';
import { linkToken } from '../../http/link-form.ts';
import { INTERACTION_PATH, interactionPath } from '../../http/paths.ts';
import { seeOther } from '../../http/see-other.ts';
import { auditContext } from '../../http/state.ts';
import { networkOf } from '../../limits/network.ts';
import { clientView } from '../client-view.ts';
import { pendingHere, requireStep, withPending } from '../pending.ts';
import type { InteractionServices } from '../services.ts';
import type { EmailSignInPage } from './page-data.ts';
import { EMAIL_LINK, EMAIL_STEP } from './paths.ts';

/** The handlers of the rows in `routes.ts`. */
export interface EmailSignInHandlers {
  readonly show: Middleware;
  /** Runs before the token of the form is checked. */
  readonly before: Middleware;
  readonly submit: Middleware;
  /** The link in the mail. It changes nothing: in its browser it fills the code in, in another one it shows it. */
  readonly link: Middleware;
}

export function emailSignInHandlers(services: InteractionServices): EmailSignInHandlers {
  const { emailSignIns, steps, accounts } = services;
  const due = compose([withPending(services), requireStep('login')]);
  const submit = async (ctx: Context): Promise<void> => {
    const code = formField(ctx, 'code');
    if (code === undefined) return await sendMail(ctx, services);
    const origin = { network: networkOf(ctx.ip), device: readDeviceCookie(ctx) };
    const result = await emailSignIns.check(ctx.state.pending.signInKey, code, origin);
    const account = result.outcome === 'passed' ? await accounts.find(result.accountId) : undefined;
    if (account !== undefined) return await steps.passed(ctx, { account, method: 'email' });
    steps.refused(ctx, {
      method: 'email',
      outcome: 'failed',
      accountId: result.accountId,
      reason: 'wrong_code',
    });
    ctx.status = 400;
    const error = { key: 'emailSignIn.wrong', traceId: ctx.state.traceId };
    await render(ctx, services, { sent: true, error });
  };
  return {
    show: compose<Context>([
      due,
      async (ctx: Context) => {
        const token = linkToken(ctx);
        const code = token === '' ? undefined : await emailSignIns.codeOf(token);
        const name = ctx.state.pending.loginHint;
        await render(ctx, services, code === undefined ? { sent: false, name } : { sent: true, code });
      },
    ]),
    before: due,
    submit,
    link: (ctx) => showLink(ctx, services),
  };
}

/** The same for every name. */
async function sendMail(ctx: Context, services: InteractionServices): Promise<void> {
  const { pending } = ctx.state;
  const name = formField(ctx, 'name') ?? '';
  const [language] = preferredLanguages(ctx);
  const linkPath = `${INTERACTION_PATH.replace(':uid', pending.uid)}/${EMAIL_LINK}`;
  await services.emailSignIns.request(pending.signInKey, {
    name,
    language,
    device: readDeviceCookie(ctx),
    ...auditContext(ctx),
    ...(services.emailSignIn === 'link' && { linkPath }),
  });
  await render(ctx, services, { sent: true });
}

async function showLink(ctx: Context, services: InteractionServices): Promise<void> {
  const { emailSignIns, renderPage } = services;
  const token = linkToken(ctx);
  const code = await emailSignIns.codeOf(token);
  const uid = String(ctx.params.uid);
  if (code === undefined || (await pendingHere(ctx, services)) !== undefined) {
    const query = code === undefined ? '' : `/${EMAIL_STEP}?token=${token}`;
    seeOther(ctx, interactionPath(ctx, uid) + query);
    return;
  }
  renderPage(ctx, 'email-code', { code: groupedMailCode(code) });
}

async function render(
  ctx: Context,
  { logos, renderPage, emailSignIn }: InteractionServices,
  state: Pick<EmailSignInPage, 'sent' | 'name' | 'code' | 'error'>,
): Promise<void> {
  const { pending } = ctx.state;
  const path = interactionPath(ctx, pending.uid);
  renderPage(ctx, 'email-sign-in', {
    action: `${path}/${EMAIL_STEP}`,
    csrf: pending.csrf,
    backUrl: path,
    client: await clientView(ctx, { logos }),
    hasLink: emailSignIn === 'link',
    minutes: EMAIL_CODE_LIFETIME / 60,
    ...state,
  });
}
