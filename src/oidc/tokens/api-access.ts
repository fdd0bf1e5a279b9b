import { type Client, errors } from 'oidc-provider';
import { lowerCaseHost, otherSpelling } from '../../config/resource-spelling.ts';
import type { Api } from '../../config/schema-apis.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { quoted } from '../engine/quoted.ts';

/**
 * The APIs that a client can get tokens for, and its scopes there. `scope.ts` applies this to a request.
 */

export interface Apis {
  readonly byAudience: ReadonlyMap<string, Api>;
  /** The other spelling of an audience with an empty path → the audience. */
  readonly spellings: ReadonlyMap<string, string>;
  readonly byScope: ReadonlyMap<string, Api>;
  /** Client id → the APIs that list it in `clients`. */
  readonly byClient: ReadonlyMap<string, readonly Api[]>;
  /** Computed once per client object, which the engine caches for a second (`client-cache.ts`). */
  readonly access: WeakMap<Client, ReadonlyMap<Api, ApiAccess>>;
}

/** What one client can have at one API. */
export interface ApiAccess {
  readonly api: Api;
  /** The scopes that the client is registered for, in the order of the API. */
  readonly scopes: readonly string[];
  /** The scopes of a request that names none (RFC 6749 §3.3). */
  readonly defaultScopes: readonly string[];
}

export function indexApis(apis: readonly Api[]): Apis {
  const byClient = new Map<string, Api[]>();
  for (const api of apis) {
    for (const id of new Set(api.clients)) byClient.set(id, [...(byClient.get(id) ?? []), api]);
  }
  return {
    byAudience: new Map(apis.map((api) => [api.audience, api])),
    spellings: new Map(apis.flatMap(({ audience }) => spelledOtherwise(audience))),
    byScope: new Map(apis.flatMap((api) => Object.keys(api.scopes).map((scope) => [scope, api] as const))),
    byClient,
    access: new WeakMap(),
  };
}

function spelledOtherwise(audience: string): [string, string][] {
  const other = otherSpelling(audience);
  return other === undefined ? [] : [[other, audience]];
}

/** A resource indicator as the API is declared, where it differs by the slash of an empty path only. */
export function canonicalResource({ byAudience, spellings }: Apis, resource: string): string {
  if (byAudience.has(resource)) return resource;
  const lower = lowerCaseHost(resource);
  const known = byAudience.has(lower) ? lower : spellings.get(lower);
  return known ?? resource;
}

/** A client has access to an API while it is registered for one of its scopes, or listed in its `clients`. */
function accessOf(apis: Apis, client: Client): ReadonlyMap<Api, ApiAccess> {
  const cached = apis.access.get(client);
  if (cached !== undefined) return cached;
  const { allowedScopes } = clientSettings(client);
  const allowed = new Set(apis.byClient.get(client.clientId));
  for (const scope of allowedScopes) {
    const api = apis.byScope.get(scope);
    if (api !== undefined) allowed.add(api);
  }
  const access = new Map([...allowed].map((api) => [api, accessAt(api, allowedScopes)]));
  apis.access.set(client, access);
  return access;
}

function accessAt(api: Api, allowedScopes: ReadonlySet<string>): ApiAccess {
  const scopes = Object.keys(api.scopes).filter((scope) => allowedScopes.has(scope));
  const isDefault = (scope: string): boolean =>
    api.defaultScopes?.includes(scope) ?? api.scopes[scope]?.sensitive === false;
  return { api, scopes, defaultScopes: scopes.filter(isDefault) };
}

/** @returns undefined when no API has this audience, or the client has no access to it */
export function findAccess(apis: Apis, client: Client, audience: string): ApiAccess | undefined {
  const api = apis.byAudience.get(audience);
  return api && accessOf(apis, client).get(api);
}

/** @throws InvalidTarget when no API has this audience, or the client has no access to it */
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

/** The API of a client with access to exactly one. */
export function onlyAccess(apis: Apis, client: Client): ApiAccess | undefined {
  const [access, ...others] = accessOf(apis, client).values();
  return others.length === 0 ? access : undefined;
}
