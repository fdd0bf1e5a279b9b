import type { Configuration, Grant, KoaContextWithOIDC } from 'oidc-provider';
import { clientSettings } from './client-settings.ts';
import type { ConsentMemory, RememberedConsent } from './consent.ts';

/**
 * The grant that an authorization request starts from: the one just consented to, the session's, one made from remembered consent, or
 * one that a first-party client gets without asking.
 */
export function grantLoader(
  consent: ConsentMemory,
  lifetimes: { grant: number; refreshTokenFamily: number },
  clock: () => number,
): NonNullable<Configuration['loadExistingGrant']> {
  return async (ctx) => {
    const { client, account, session, provider } = ctx.oidc;
    if (client === undefined || account === undefined || session === undefined) return undefined;
    const given = consentedGrantId(ctx) ?? session.grantIdFor(client.clientId);
    const existing = given === undefined ? undefined : await provider.Grant.find(given);
    const grant = existing ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId });

    let changed = existing !== undefined && extend(grant, lifetimes, clock);
    if (clientSettings(client).firstParty) changed = add(grant, requested(ctx)) || changed;
    else if (existing === undefined) {
      const remembered = await consent.recall(account.accountId, client.clientId);
      if (remembered !== undefined) changed = add(grant, remembered) || changed;
    }
    if (existing === undefined && !changed) return undefined;
    if (changed) await grant.save();
    return grant;
  };
}

function consentedGrantId(ctx: KoaContextWithOIDC): string | undefined {
  const { consent } = (ctx.oidc.result ?? {}) as { consent?: { grantId?: string } };
  return consent?.grantId;
}

/** Everything that the request asks for and the client may have. */
function requested(ctx: KoaContextWithOIDC): RememberedConsent {
  const scopes = ctx.oidc.requestParamScopes;
  const resources = Object.entries(ctx.oidc.resourceServers ?? {}).map(([resource, server]) => [
    resource,
    [...scopes].filter((scope) => server.scopes.has(scope)),
  ]);
  return { openid: [...ctx.oidc.requestParamOIDCScopes], resources: Object.fromEntries(resources) };
}

/** @returns whether the grant had to be changed */
function add(grant: Grant, more: RememberedConsent): boolean {
  const before = JSON.stringify([grant.openid, grant.resources]);
  if (more.openid.length > 0) grant.addOIDCScope(more.openid);
  for (const [resource, scopes] of Object.entries(more.resources)) {
    if (scopes.length > 0) grant.addResourceScope(resource, scopes);
  }
  return JSON.stringify([grant.openid, grant.resources]) !== before;
}

/** A grant must outlast a refresh token family that begins today; sessions that go on for months renew it. */
function extend(
  grant: Grant,
  lifetimes: { grant: number; refreshTokenFamily: number },
  clock: () => number,
): boolean {
  const now = Math.floor(clock() / 1000);
  if ((grant.exp ?? 0) - now >= lifetimes.refreshTokenFamily) return false;
  grant.exp = now + lifetimes.grant;
  return true;
}
