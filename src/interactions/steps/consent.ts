import type { Middleware } from 'koa';
import { seeOther } from '../../http/see-other.ts';
import { auditContext } from '../../http/state.ts';
import { personOf } from '../../pages/person.ts';
import { describeScopes } from '../../pages/scope-descriptions.ts';
import { isOpenedBy } from '../../oidc/authorization/claims-parameter.ts';
import type { PendingAuthorization } from '../../oidc/authorization/pending-authorization.ts';
import { destinationOf } from '../client-view.ts';
import type { InteractionServices } from '../services.ts';
import type { Step } from '../step.ts';
import { accountOfSession, stepPage } from '../step-page.ts';

/** The consent step. */

export function consentStep(services: InteractionServices): Step {
  return { show: showConsent(services), submit: submitConsent(services) };
}

function showConsent(services: InteractionServices): Middleware {
  return async (ctx) => {
    const { pending } = ctx.state;
    const account = await accountOfSession(ctx, services);
    services.renderPage(ctx, 'consent', {
      ...(await stepPage(ctx, services, 'consent')),
      account: personOf(account),
      destination: destinationOf(pending.redirectUri),
      eachTime: pending.consentEachTime,
      permissions: describeScopes(
        everyScope(pending),
        services.apis,
        Object.keys(pending.requested.resources),
        claimsBesideScopes(pending),
      ),
      otherAccountUrl: pending.otherAccountUrl,
    });
  };
}

function submitConsent(services: InteractionServices): Middleware {
  const { audit, interactions } = services;
  return async (ctx) => {
    const { pending } = ctx.state;
    const account = await accountOfSession(ctx, services);
    const next = await interactions.consent(ctx, pending, account);
    audit.record({
      type: 'consent.granted',
      accountId: pending.accountId,
      clientId: pending.client.id,
      ...auditContext(ctx),
      detail: { ...pending.requested },
    });
    seeOther(ctx, next);
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
