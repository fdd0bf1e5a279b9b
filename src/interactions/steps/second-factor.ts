import type { Context, Middleware } from 'koa';
import { formField } from '../../http/form-body.ts';
import { useLanguageOf } from '../../http/languages.ts';
import { interactionPath, publicPath } from '../../http/paths.ts';
import { Problem } from '../../http/problem.ts';
import type { Message } from '../../messages/messages.ts';
import type { ClientView, Person } from '../../pages/page-data.ts';
import { personOf } from '../../pages/person.ts';
import { factorsOf, type SecondFactor } from '../second-factors.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';
import { type StepPage, stepPage } from '../step-page.ts';
import { offersRecovery } from './lost-factor.ts';

/** The second factor of a sign-in: one of those that the account has. Without one, the page says who can help. */

declare module '../../pages/page-data.ts' {
  interface PageData {
    'second-factor': SecondFactorPage;
    'no-second-factor': NoSecondFactorPage;
  }
}

/** Posts `csrf`, `method`, `remember` and the fields of the factor to `action`. */
export interface SecondFactorPage extends StepPage {
  account: Person;
  /** The factor whose fields the page has: `partials/second-factor-<method>`. */
  method: string;
  /** Data of its fields. */
  factor: Readonly<Record<string, unknown>>;
  /** Other factors of the account. */
  others: readonly { method: string; url: string }[];
  /** For a person who cannot use any; absent where nothing can be done. */
  lostUrl?: string | undefined;
  /** Seconds for which the device can be remembered; absent where it cannot. */
  rememberDevice?: number | undefined;
  error?: (Message & { traceId: string }) | undefined;
}

/** The account needs a second factor and has none. */
export interface NoSecondFactorPage {
  /** Where the person may add one now. */
  setUpUrl?: string | undefined;
  cancelUrl: string;
  client: ClientView;
  account: Person;
}

export function secondFactorStep(services: InteractionServices): Step {
  return {
    show: async (ctx) => {
      const factor = chosenFactor(ctx, services, ctx.query.method);
      if (factor === undefined) await showNone(ctx, services);
      else await showFactor(ctx, services, factor);
    },
    submit: submitFactor(services),
  };
}

function submitFactor(services: InteractionServices): Middleware {
  const { steps } = services;
  return async (ctx) => {
    const { account } = ctx.state.progress;
    const method = formField(ctx, 'method');
    const factor = factorsOf(ctx.state.progress, services.secondFactors).find(({ id }) => id === method);
    if (factor === undefined) {
      const description = 'method is not a second factor of the account';
      throw new Problem(400, 'invalid_form', description, { format: 'page' });
    }
    const answer = await factor.verify(ctx, account);
    if (answer.outcome === 'passed') {
      const remember = formField(ctx, 'remember') !== undefined;
      await steps.passed(ctx, { account, method: factor.id, amr: answer.amr, remember });
      return;
    }
    const { outcome, reason, locked, message } = answer;
    steps.refused(ctx, { method: factor.id, outcome, accountId: account.id, reason, locked });
    ctx.status = 400;
    await showFactor(ctx, services, factor, { key: message, traceId: ctx.state.traceId });
  };
}

/** The one that the address names, else the first one. */
function chosenFactor(
  ctx: Context,
  { secondFactors }: InteractionServices,
  method: unknown,
): SecondFactor | undefined {
  const factors = factorsOf(ctx.state.progress, secondFactors);
  return factors.find(({ id }) => id === method) ?? factors[0];
}

async function showFactor(
  ctx: Context,
  services: InteractionServices,
  factor: SecondFactor,
  error?: SecondFactorPage['error'],
): Promise<void> {
  const { pending, progress } = ctx.state;
  const { account } = progress;
  const common = await commonOf(ctx, services);
  const others = factorsOf(progress, services.secondFactors).filter(({ id }) => id !== factor.id);
  services.renderPage(ctx, 'second-factor', {
    ...common,
    method: factor.id,
    factor: await factor.begin(ctx, account),
    others: others.map(({ id }) => ({ method: id, url: `${common.action}?method=${id}` })),
    lostUrl: offersRecovery(progress) ? `${interactionPath(ctx, pending.uid)}/lost_factor` : undefined,
    rememberDevice: services.rememberDevice || undefined,
    error,
  });
}

async function showNone(ctx: Context, services: InteractionServices): Promise<void> {
  const setUpUrl = ctx.state.progress.mayEnrol === true ? publicPath(ctx, '/account') : undefined;
  const { cancelUrl, client, account } = await commonOf(ctx, services);
  services.renderPage(ctx, 'no-second-factor', { cancelUrl, client, account, setUpUrl });
}

async function commonOf(
  ctx: Context,
  services: InteractionServices,
): Promise<StepPage & { account: Person }> {
  const { account } = ctx.state.progress;
  useLanguageOf(ctx, account);
  return { ...(await stepPage(ctx, services, 'second_factor')), account: personOf(account) };
}
