import type { Client, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import {
  type Apis,
  apiOfScopes,
  clientCredentialsScope,
  missingScope,
  onlyAccess,
  refuseUnknownScopes,
  requireAccess,
  requireDefaultScopes,
} from './api-access.ts';

/** Declared APIs as the engine's resource servers (RFC 8707). */

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>;

export function resourceIndicators(apis: Apis): ResourceIndicators {
  return {
    enabled: true,
    defaultResource: (ctx, client, oneOf) => {
      if (oneOf !== undefined) return oneOf;
      const requested = requestedScopes(ctx);
      if (isClientCredentials(ctx))
        return clientCredentialsScope(apis, client, requested, undefined).api.audience;
      refuseUnknownScopes(client, requested);
      if (requested.size > 0 || !isAuthorizationRequest(ctx)) return apiOfScopes(apis, requested)?.audience;
      const access = onlyAccess(apis, client);
      if (access === undefined) throw missingScope('the client has no API, or several');
      return access.api.audience;
    },
    // A client that asked for an API gets a token for it, whether or not it repeats `resource` (RFC 8707 §2.2).
    useGrantedResource: () => true,
    getResourceServerInfo: (ctx, resource, client) => {
      const { api, scopes } = requireAccess(apis, client, resource);
      const requested = requestedScopes(ctx);
      if (isClientCredentials(ctx)) {
        ctx.oidc.params!.scope = clientCredentialsScope(apis, client, requested, resource).scope || undefined;
      } else {
        refuseUnknownScopes(client, requested);
        if (requested.size === 0 && isAuthorizationRequest(ctx)) assignDefaultScopes(apis, ctx, client);
      }
      return {
        audience: api.audience,
        scope: scopes.join(' '),
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
        ...(api.accessTokenLifetime !== undefined && { accessTokenTTL: api.accessTokenLifetime }),
      };
    },
  };
}

/**
 * Before anyone signs in, so that pages and tokens are about what is then asked for.
 * @throws InvalidScope, InvalidTarget
 */
function assignDefaultScopes(apis: Apis, ctx: KoaContextWithOIDC, client: Client): void {
  const params = ctx.oidc.params!;
  // One that was sent and left out, as `offline_access` is without `prompt=consent`, leaves nothing to the server.
  const sent = (ctx.oidc.body ?? ctx.query).scope;
  if (typeof sent === 'string' && /[^ ]/.test(sent)) {
    throw missingScope(`of "${sent}" nothing is left that the request may ask for`);
  }
  const resources = [params.resource].flat() as string[];
  params.scope = requireDefaultScopes(resources.map((each) => requireAccess(apis, client, each))).join(' ');
}

function isClientCredentials(ctx: KoaContextWithOIDC): boolean {
  return ctx.oidc.route === 'token' && ctx.oidc.params?.grant_type === 'client_credentials';
}

/** A new request of a client; one that is resumed after a sign-in has its scopes already. */
function isAuthorizationRequest({ oidc: { route } }: KoaContextWithOIDC): boolean {
  return route === 'authorization' || route === 'pushed_authorization_request';
}

function requestedScopes(ctx: KoaContextWithOIDC): ReadonlySet<string> {
  const scope = ctx.oidc.params?.scope;
  return new Set(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []);
}
