import { type Client, errors } from 'oidc-provider';
import type { Api } from '../../config/schema.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { quoted } from '../engine/quoted.ts';

/**
 * Which APIs a client may have tokens for, and with which scopes. Requests name an API by its audience (RFC 8707) or by its scopes; the
 * rules here know no request.
 */

export interface Apis {
  readonly byAudience: ReadonlyMap<string, Api>;
  readonly byScope: ReadonlyMap<string, Api>;
  /** Client id → the APIs that list it in `clients`. */
  readonly byClient: ReadonlyMap<string, readonly Api[]>;
  /** What was worked out for a client, for as long as the engine keeps that client (`client-cache.ts`). */
  readonly known: WeakMap<Client, ReadonlyMap<Api, ApiAccess>>;
}

/** What one client may have at one API. */
export interface ApiAccess {
  readonly api: Api;
  /** The scopes that it is registered for, in the order of the API. */
  readonly scopes: readonly string[];
  /** Those of a request that names none (RFC 6749 §3.3). */
  readonly defaultScopes: readonly string[];
}

export function indexApis(apis: readonly Api[]): Apis {
  const byClient = new Map<string, Api[]>();
  for (const api of apis) {
    for (const id of new Set(api.clients)) byClient.set(id, [...(byClient.get(id) ?? []), api]);
  }
  return {
    byAudience: new Map(apis.map((api) => [api.audience, api])),
    byScope: new Map(apis.flatMap((api) => Object.keys(api.scopes).map((scope) => [scope, api] as const))),
    byClient,
    known: new WeakMap(),
  };
}

/**
 * The rule: a client may have an API when it is registered, now, for one of its scopes, or listed in its `clients`.
 * @returns by API
 */
function accessOf(apis: Apis, client: Client): ReadonlyMap<Api, ApiAccess> {
  const known = apis.known.get(client);
  if (known !== undefined) return known;
  const { allowedScopes } = clientSettings(client);
  const allowed = new Set(apis.byClient.get(client.clientId));
  for (const scope of allowedScopes) {
    const api = apis.byScope.get(scope);
    if (api !== undefined) allowed.add(api);
  }
  const access = new Map([...allowed].map((api) => [api, accessAt(api, allowedScopes)]));
  apis.known.set(client, access);
  return access;
}

function accessAt(api: Api, allowedScopes: ReadonlySet<string>): ApiAccess {
  const scopes = Object.keys(api.scopes).filter((scope) => allowedScopes.has(scope));
  const isDefault = (scope: string): boolean =>
    api.defaultScopes?.includes(scope) ?? api.scopes[scope]?.sensitive === false;
  return { api, scopes, defaultScopes: scopes.filter(isDefault) };
}

/** @returns undefined when the client may not have the API, or there is none of that name */
export function findAccess(apis: Apis, client: Client, audience: string): ApiAccess | undefined {
  const api = apis.byAudience.get(audience);
  return api && accessOf(apis, client).get(api);
}

/** @throws InvalidTarget when no API is declared by that name, or the client may not have it */
export function requireAccess(apis: Apis, client: Client, resource: string): ApiAccess {
  const access = findAccess(apis, client, resource);
  if (access !== undefined) return access;
  if (!apis.byAudience.has(resource)) {
    throw new errors.InvalidTarget('unknown resource', `${quoted(resource)} is none of the declared APIs`);
  }
  throw new errors.InvalidTarget(
    'resource is not allowed for this client',
    `${client.clientId} is registered for no scope of ${quoted(resource)}, and is not in its clients`,
  );
}

/** The API of a client that has one and no other. */
export function onlyAccess(apis: Apis, client: Client): ApiAccess | undefined {
  const [access, ...others] = accessOf(apis, client).values();
  return others.length === 0 ? access : undefined;
}

/**
 * Clients that never heard of `resource` name an API by its scopes.
 * @throws InvalidTarget when the scopes are of several
 */
export function apiOfScopes({ byScope }: Apis, scopes: Iterable<string>): Api | undefined {
  let found: Api | undefined;
  for (const scope of scopes) {
    const api = byScope.get(scope);
    if (api !== undefined && found !== undefined && api !== found) {
      throw new errors.InvalidTarget(
        'the scopes belong to several APIs; name one with the resource parameter',
      );
    }
    found ??= api;
  }
  return found;
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
 * The scopes of a request that names APIs and no scope (RFC 6749 §3.3).
 * @throws InvalidScope when there are none
 */
export function requireDefaultScopes(accesses: readonly ApiAccess[]): string[] {
  const scopes = [...new Set(accesses.flatMap(({ defaultScopes }) => defaultScopes))];
  if (scopes.length === 0) throw missingScope('the resource has no default scopes for this client');
  return scopes;
}

export function missingScope(detail: string): errors.InvalidScope {
  // The engine's types ask for the scope that is wrong.
  return new errors.InvalidScope('scope is missing: name the scopes that are asked for', undefined!, detail);
}

/**
 * What a client that acts for itself gets: the API and scopes it asked for, or the default scopes there.
 * @throws InvalidScope, InvalidTarget
 */
export function clientCredentialsScope(
  apis: Apis,
  client: Client,
  requested: ReadonlySet<string>,
  resource: string | undefined,
): { api: Api; scope: string } {
  refuseUnknownScopes(client, requested);
  const { api, scopes, defaultScopes } = requestedAccess(apis, client, requested, resource);
  for (const scope of requested) {
    if (apis.byScope.get(scope) !== api)
      throw new errors.InvalidScope('scope does not belong to the requested resource', scope);
  }
  if (requested.size > 0) return { api, scope: [...requested].join(' ') };
  // One that is there by its id alone gets a token without scopes.
  if (defaultScopes.length === 0 && scopes.length > 0) {
    throw missingScope('the resource has no default scopes for this client');
  }
  return { api, scope: defaultScopes.join(' ') };
}

function requestedAccess(
  apis: Apis,
  client: Client,
  requested: ReadonlySet<string>,
  resource: string | undefined,
): ApiAccess {
  if (resource !== undefined) return requireAccess(apis, client, resource);
  const named = requested.size > 0 ? apiOfScopes(apis, requested) : undefined;
  const access =
    requested.size > 0 ? named && requireAccess(apis, client, named.audience) : onlyAccess(apis, client);
  if (access === undefined) {
    throw new errors.InvalidTarget('name an API, by one of its scopes or with the resource parameter');
  }
  return access;
}
