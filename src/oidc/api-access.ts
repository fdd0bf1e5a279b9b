import { type Client, errors } from 'oidc-provider';
import type { Api } from '../config/schema.ts';
import { clientSettings } from './client-settings.ts';
import { quoted } from './quoted.ts';

/** The rules by which requests name a declared API (RFC 8707) and clients get scopes there. They know no request. */

export interface Apis {
  readonly byAudience: ReadonlyMap<string, Api>;
  readonly byScope: ReadonlyMap<string, Api>;
}

export function indexApis(apis: readonly Api[]): Apis {
  return {
    byAudience: new Map(apis.map((api) => [api.audience, api])),
    byScope: new Map(apis.flatMap((api) => Object.keys(api.scopes).map((scope) => [scope, api] as const))),
  };
}

/** @throws InvalidTarget when no API is declared by that name */
export function apiAt({ byAudience }: Apis, resource: string): Api {
  const api = byAudience.get(resource);
  if (api === undefined) {
    throw new errors.InvalidTarget('unknown resource', `${quoted(resource)} is none of the declared APIs`);
  }
  return api;
}

/**
 * Clients that never heard of `resource` name an API by its scopes.
 * @throws InvalidTarget when the scopes are of several
 */
export function apiOfScopes({ byScope }: Apis, scopes: Iterable<string>): Api | undefined {
  const apis = new Set<Api>();
  for (const scope of scopes) {
    const api = byScope.get(scope);
    if (api !== undefined) apis.add(api);
  }
  if (apis.size > 1) {
    throw new errors.InvalidTarget('the scopes belong to several APIs; name one with the resource parameter');
  }
  const [api] = apis;
  return api;
}

/** The scopes of an API that a client may ask for. */
export function allowedScopesAt(api: Api, client: Client): string[] {
  const { allowedScopes } = clientSettings(client);
  return Object.keys(api.scopes).filter((scope) => allowedScopes.has(scope));
}

/** @throws InvalidScope */
export function refuseUnknownScopes(client: Client, requested: ReadonlySet<string>): void {
  const { allowedScopes } = clientSettings(client);
  for (const scope of requested) {
    if (!allowedScopes.has(scope))
      throw new errors.InvalidScope('scope is not allowed for this client', scope);
  }
}

/**
 * What a client that acts for itself gets: the API and scopes it asked for, or by default (RFC 6749 §3.3) everything there that it was
 * registered for.
 * @throws InvalidScope, InvalidTarget
 */
export function machineAccess(
  apis: Apis,
  client: Client,
  requested: ReadonlySet<string>,
  resource: string | undefined,
): { api: Api; scope: string } {
  refuseUnknownScopes(client, requested);
  const named = requested.size > 0 ? requested : clientSettings(client).allowedScopes;
  const api = resource === undefined ? apiOfScopes(apis, named) : apiAt(apis, resource);
  if (api === undefined) {
    throw new errors.InvalidTarget('name an API, by one of its scopes or with the resource parameter');
  }
  for (const scope of requested) {
    if (apis.byScope.get(scope) !== api)
      throw new errors.InvalidScope('scope does not belong to the requested resource', scope);
  }
  const scopes = requested.size > 0 ? [...requested] : allowedScopesAt(api, client);
  return { api, scope: scopes.join(' ') };
}
