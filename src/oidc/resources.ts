import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { Api } from '../config/schema.ts';
import {
  allowedScopesAt,
  apiAt,
  apiOfScopes,
  indexApis,
  machineAccess,
  refuseUnknownScopes,
} from './api-access.ts';

/** Declared APIs as the engine's resource servers (RFC 8707). */

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>;

export function resourceIndicators(declared: readonly Api[]): ResourceIndicators {
  const apis = indexApis(declared);
  return {
    enabled: true,
    defaultResource: (ctx, client, oneOf) => {
      if (oneOf !== undefined) return oneOf;
      const requested = requestedScopes(ctx);
      if (isClientCredentials(ctx)) return machineAccess(apis, client, requested, undefined).api.audience;
      refuseUnknownScopes(client, requested);
      return apiOfScopes(apis, requested)?.audience;
    },
    // A client that asked for an API gets a token for it, whether or not it repeats `resource` (RFC 8707 §2.2).
    useGrantedResource: () => true,
    getResourceServerInfo: (ctx, resource, client) => {
      const api = apiAt(apis, resource);
      const requested = requestedScopes(ctx);
      if (isClientCredentials(ctx)) {
        ctx.oidc.params!.scope = machineAccess(apis, client, requested, resource).scope || undefined;
      } else {
        refuseUnknownScopes(client, requested);
      }
      return {
        audience: api.audience,
        scope: allowedScopesAt(api, client).join(' '),
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
        ...(api.accessTokenLifetime !== undefined && { accessTokenTTL: api.accessTokenLifetime }),
      };
    },
  };
}

function isClientCredentials(ctx: KoaContextWithOIDC): boolean {
  return ctx.oidc.route === 'token' && ctx.oidc.params?.grant_type === 'client_credentials';
}

function requestedScopes(ctx: KoaContextWithOIDC): ReadonlySet<string> {
  const scope = ctx.oidc.params?.scope;
  return new Set(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []);
}
