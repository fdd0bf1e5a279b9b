import {
  errors,
  type Client,
  type Configuration,
  type KoaContextWithOIDC,
  type ResourceServer,
} from 'oidc-provider';
import type { Api } from '../config/schema.ts';
import { clientSettings } from './client-settings.ts';

/** Declared APIs as OAuth resource servers (RFC 8707): which one a request is for, and what a client may do there. */

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>;

export function resourceIndicators(apis: readonly Api[]): ResourceIndicators {
  const byAudience = new Map(apis.map((api) => [api.audience, api]));
  const byScope = new Map(
    apis.flatMap((api) => Object.keys(api.scopes).map((scope) => [scope, api] as const)),
  );
  return {
    enabled: true,
    defaultResource: (ctx, client, oneOf) => oneOf ?? inferResource(ctx, client, byScope),
    // A client that asked for an API gets a token for it, whether or not it repeats `resource` (RFC 8707 §2.2).
    useGrantedResource: () => true,
    getResourceServerInfo: (ctx, resource, client) => {
      const api = byAudience.get(resource);
      if (api === undefined) {
        throw new errors.InvalidTarget('unknown resource', `${resource} is none of the declared APIs`);
      }
      return describe(ctx, api, client, byScope);
    },
  };
}

/** Clients that never heard of `resource` name an API by its scopes. */
function inferResource(
  ctx: KoaContextWithOIDC,
  client: Client,
  byScope: ReadonlyMap<string, Api>,
): string | undefined {
  const machine = isClientCredentials(ctx);
  const requested = requestedScopes(ctx);
  const { allowedScopes } = clientSettings(client);
  refuseUnknownScopes(requested, allowedScopes);
  const named = requested.size > 0 || !machine ? requested : allowedScopes;
  const audiences = new Set([...named].flatMap((scope) => byScope.get(scope)?.audience ?? []));
  if (audiences.size > 1) {
    throw new errors.InvalidTarget('the scopes belong to several APIs; name one with the resource parameter');
  }
  const [audience] = audiences;
  if (audience === undefined && machine) {
    throw new errors.InvalidTarget('name an API, by one of its scopes or with the resource parameter');
  }
  return audience;
}

function describe(
  ctx: KoaContextWithOIDC,
  api: Api,
  client: Client,
  byScope: ReadonlyMap<string, Api>,
): ResourceServer {
  const { allowedScopes } = clientSettings(client);
  const scopes = Object.keys(api.scopes).filter((scope) => allowedScopes.has(scope));
  const requested = requestedScopes(ctx);
  refuseUnknownScopes(requested, allowedScopes);
  if (isClientCredentials(ctx)) {
    for (const scope of requested) {
      if (byScope.get(scope) !== api)
        throw new errors.InvalidScope('scope does not belong to the requested resource', scope);
    }
    // RFC 6749 §3.3: without a scope parameter, the default is everything the client was registered for.
    if (requested.size === 0) ctx.oidc.params!.scope = scopes.join(' ') || undefined;
  }
  return {
    audience: api.audience,
    scope: scopes.join(' '),
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
    ...(api.accessTokenLifetime !== undefined && { accessTokenTTL: api.accessTokenLifetime }),
  };
}

function refuseUnknownScopes(requested: ReadonlySet<string>, allowed: ReadonlySet<string>): void {
  for (const scope of requested) {
    if (!allowed.has(scope)) throw new errors.InvalidScope('scope is not allowed for this client', scope);
  }
}

function isClientCredentials(ctx: KoaContextWithOIDC): boolean {
  return ctx.oidc.route === 'token' && ctx.oidc.params?.grant_type === 'client_credentials';
}

function requestedScopes(ctx: KoaContextWithOIDC): ReadonlySet<string> {
  const scope = ctx.oidc.params?.scope;
  return new Set(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []);
}
