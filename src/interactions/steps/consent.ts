import type { Middleware } from 'koa';
import { useLanguageOf } from '../../http/languages.ts';
import { interactionPath } from '../../http/paths.ts';
import { auditContext } from '../../http/state.ts';
import { personOf } from '../../pages/person.ts';
import { describeScopes } from '../../pages/scope-descriptions.ts';
import { InteractionGoneError } from '../../oidc/authorization/interactions.ts';
import { isOpenedBy } from '../../oidc/authorization/claims-parameter.ts';
import type { PendingAuthorization } from '../../oidc/authorization/pending-authorization.ts';
import { clientView, destinationOf } from '../client-view.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';

/** The consent step. */

export function consentStep(services: InteractionServices): Step {
  return { show: showConsent(services), submit: submitConsent(services) };
}

function showConsent({ accounts, apis, logos, renderPage }: InteractionServices): Middleware {
  return async (ctx) => {
    const { pending } = ctx.state;
    const account = pending.accountId === undefined ? undefined : await accounts.find(pending.accountId);
    if (account === undefined) throw new InteractionGoneError('the account was removed');
    useLanguageOf(ctx, account);
    const path = interactionPath(ctx, pending.uid);
    renderPage(ctx, 'consent', {
      action: `${path}/consent`,
      csrf: pending.csrf,
      cancelUrl: `${path}/abort?csrf=${pending.csrf}`,
      client: await clientView(ctx, { logos }),
      account: personOf(account),
      destination: destinationOf(pending.redirectUri),
      eachTime: pending.consentEachTime,
      permissions: describeScopes(
        everyScope(pending),
        apis,
        Object.keys(pending.requested.resources),
        claimsBesideScopes(pending),
      ),
      otherAccountUrl: pending.otherAccountUrl,
    });
  };
}

function submitConsent(services: InteractionServices): Middleware {
  const { accounts, audit, interactions } = services;
  return async (ctx) => {
    const { pending } = ctx.state;
    const account = pending.accountId === undefined ? undefined : await accounts.find(pending.accountId);
    if (account === undefined) throw new InteractionGoneError('the account was removed');
    const next = await interactions.consent(ctx, pending, account);
    audit.record({
      type: 'consent.granted',
      accountId: pending.accountId,
      clientId: pending.client.id,
      ...auditContext(ctx),
      detail: { ...pending.requested },
    });
    ctx.status = 303;
    ctx.redirect(next);
  };
}

/** Single claims that no requested scope opens. */
function claimsBesideScopes({ requested: { openid, claims = [] } }: PendingAuthorization): string[] {
  const scopes = new Set(openid);
  return claims.filter((claim) => !isOpenedBy(scopes, claim));
}

function everyScope({ requested }: PendingAuthorization): string[] {
  return [...requested.openid, ...Object.values(requested.resources).flat()];
}
