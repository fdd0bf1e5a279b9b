import type { Middleware } from 'koa';
import { termsUrl } from '../../accounts/terms.ts';
import { formField } from '../../http/form-body.ts';
import { Problem } from '../../http/problem.ts';
import { auditContext } from '../../http/state.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';
import { stepPage } from '../step-page.ts';

/** The terms, asked for at a sign-in by an account that has not accepted their current version. Who cancels is not signed in. */
export function termsStep(services: InteractionServices): Step {
  return { show: showTerms(services), submit: submitTerms(services) };
}

function showTerms(services: InteractionServices): Middleware {
  return async (ctx) => {
    const { terms, languageOf } = services.newAccountForm;
    if (terms === undefined) throw new Error('there are no terms');
    services.renderPage(ctx, 'terms', {
      ...(await stepPage(ctx, services, 'terms')),
      terms: { version: terms.version, url: termsUrl(terms, languageOf(ctx)) },
      isChange: ctx.state.progress.account.details?.terms !== undefined,
    });
  };
}

function submitTerms({ acceptTerms: accept, newAccountForm, audit, steps }: InteractionServices): Middleware {
  return async (ctx) => {
    const { version } = newAccountForm.terms ?? {};
    // The page may be older than the configuration: the person has agreed to what it has shown.
    if (version === undefined || formField(ctx, 'version') !== version) {
      throw new Problem(400, 'invalid_form', 'the terms have changed since the page was shown', {
        format: 'page',
      });
    }
    const { pending, progress } = ctx.state;
    await accept(progress.account.id);
    audit.record({
      type: 'terms.accepted',
      accountId: progress.account.id,
      clientId: pending.client.id,
      ...auditContext(ctx),
      detail: { version },
    });
    await steps.proceed(ctx);
  };
}
