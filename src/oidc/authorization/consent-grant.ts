import {
  type Account,
  type Client,
  type Configuration,
  errors,
  type Grant,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { AccountRevocations } from '../../store/store.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { isOpenedBy, personalClaims } from './claims-parameter.ts';
import { addDestinations } from './consent-destination.ts';
import { addApi, consentOf, grantContent } from './grant-apis.ts';
import type { ConsentMemory, RememberedConsent } from './consent-memory.ts';
import { requireRegisteredResponse } from './response-modes.ts';
import { newGrant } from '../engine/generation.ts';

/**
 * The grant that an authorization request starts with: the one just consented to, the one of the session, a new one from remembered consent,
 * or a new one for a first-party client, which needs no consent.
 */
export function grantLoader(
  consent: ConsentMemory,
  lifetimes: { grant: number; refreshTokenFamily: number },
  clock: Clock,
): NonNullable<Configuration['loadExistingGrant']> {
  return async (ctx) => {
    const { client, account, session, provider } = ctx.oidc;
    if (client === undefined || account === undefined || session === undefined) return undefined;
    // The client may have changed since the request was checked.
    if (!client.redirectUriAllowed(String(ctx.oidc.params?.redirect_uri)))
      throw new errors.InvalidRedirectUri();
    requireRegisteredResponse(ctx);
    const consented = await findGrant(provider, consentedGrantId(ctx));
    const ofSession =
      consented?.jti === session.grantIdFor(client.clientId)
        ? consented
        : await findGrant(provider, session.grantIdFor(client.clientId));
    const existing = ofSession ?? consented;
    const grant = existing ?? newGrant(provider, accountOf(account), client, session.uid);

    let changed = existing !== undefined && extendLifetime(grant, lifetimes, clock);
    // Another tab has made a grant since. The session has one for each client, because its tokens are bound to it.
    if (consented !== undefined && consented !== grant)
      changed = addConsent(grant, consentOf(consented)) || changed;
    const settings = clientSettings(client);
    if (settings.firstParty) changed = addConsent(grant, requested(ctx)) || changed;
    else if (existing === undefined) {
      const remembered = await consent.find(accountOf(account), settings.instance);
      if (remembered !== undefined)
        changed = addConsent(grant, stillAllowed(remembered, settings.allowedScopes)) || changed;
    }
    // The person has allowed these by the scope that opens them: there is nothing to ask.
    changed = addConsent(grant, claimsOfScopes(ctx, grant)) || changed;
    if (existing === undefined && !changed) return undefined;
    if (changed) await grant.save();
    return grant;
  };
}

async function findGrant(
  provider: KoaContextWithOIDC['oidc']['provider'],
  id: string | undefined,
): Promise<Grant | undefined> {
  return id === undefined ? undefined : await provider.Grant.find(id);
}

function accountOf({ accountId, generation, revocations }: Account) {
  return {
    id: accountId,
    generation: generation as number,
    revocations: revocations as AccountRevocations | undefined,
  };
}

/** The part of a remembered consent that the client is still registered for. */
function stillAllowed(consent: RememberedConsent, allowed: ReadonlySet<string>): RememberedConsent {
  const only = (scopes: readonly string[]) => scopes.filter((scope) => allowed.has(scope));
  const resources = Object.entries(consent.resources).map(([resource, scopes]) => [resource, only(scopes)]);
  return {
    openid: only(consent.openid),
    claims: (consent.claims ?? []).filter((claim) => isOpenedBy(allowed, claim)),
    resources: Object.fromEntries(resources),
    ...(consent.destinations && { destinations: consent.destinations }),
  };
}

/** The requested claims that granted scopes open. */
function claimsOfScopes({ oidc: { params } }: KoaContextWithOIDC, grant: Grant): RememberedConsent {
  const names = personalClaims(params ?? {});
  if (names.length === 0) return { openid: [], resources: {} };
  const scopes = new Set(grant.getOIDCScope().split(' '));
  return { openid: [], claims: names.filter((name) => isOpenedBy(scopes, name)), resources: {} };
}

function consentedGrantId(ctx: KoaContextWithOIDC): string | undefined {
  const { consent } = (ctx.oidc.result ?? {}) as { consent?: { grantId?: string } };
  return consent?.grantId;
}

/** What the consent page asks for (`pending-authorization.ts`). */
export function requestedConsent(ctx: KoaContextWithOIDC, client: Client): RememberedConsent {
  return stillAllowed(requested(ctx), clientSettings(client).allowedScopes);
}

/** All requested scopes, claims and APIs. */
function requested(ctx: KoaContextWithOIDC): RememberedConsent {
  const scopes = ctx.oidc.requestParamScopes;
  const resources = Object.entries(ctx.oidc.resourceServers ?? {}).map(([resource, server]) => [
    resource,
    [...scopes].filter((scope) => server.scopes.has(scope)),
  ]);
  return {
    openid: [...ctx.oidc.requestParamOIDCScopes],
    claims: personalClaims(ctx.oidc.params ?? {}),
    resources: Object.fromEntries(resources),
  };
}

/** @returns whether the grant had to be changed */
function addConsent(grant: Grant, more: RememberedConsent): boolean {
  const before = grantContent(grant);
  if (more.openid.length > 0) grant.addOIDCScope(more.openid);
  if (more.claims !== undefined && more.claims.length > 0) grant.addOIDCClaims([...more.claims]);
  for (const [resource, scopes] of Object.entries(more.resources)) {
    addApi(grant, resource, scopes);
  }
  addDestinations(grant, more.destinations);
  return grantContent(grant) !== before;
}

/** A grant must outlast a refresh token family that starts now; long-lived sessions extend it. */
function extendLifetime(
  grant: Grant,
  lifetimes: { grant: number; refreshTokenFamily: number },
  clock: Clock,
): boolean {
  const now = nowInSeconds(clock);
  if ((grant.exp ?? 0) - now >= lifetimes.refreshTokenFamily) return false;
  grant.exp = now + lifetimes.grant;
  return true;
}
