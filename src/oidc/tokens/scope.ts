import { type Client, errors } from 'oidc-provider';
import type { Api } from '../../config/schema-apis.ts';
import { STANDARD_SCOPES } from '../../config/standard-scopes.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { type ApiAccess, type Apis, onlyAccess, requireAccess } from './api-access.ts';

/**
 * The one function that resolves the APIs and scopes of a request, for every grant and for the authorization endpoint. A request names an
 * API by its audience (`resource`, RFC 8707) or by its scopes; what it leaves out is completed by the policy of its grant (RFC 6749 §3.3).
 * `audience` and scopes that are narrowed were applied before (`adjustParameters`).
 */

/**
 * How a request is completed:
 * - `client`: the client acts for itself, or on the authority of its request alone. One API, and its default scopes; a client that only
 *   `clients` of the API lists gets a token without scopes.
 * - `authorization`: a person is asked first. Several APIs, or none; the default scopes, of which there must be one.
 * - `granted`: a code or token has scopes that were granted before. The request can only select some of them.
 */
export type ScopePolicy = 'client' | 'authorization' | 'granted';

export interface ScopeRequest {
  readonly client: Client;
  readonly policy: ScopePolicy;
  /** Empty when the request names none. */
  readonly scopes: ReadonlySet<string>;
  /** Values of `resource`; empty when the request names none. */
  readonly resources: readonly string[];
  /**
   * The `scope` parameter as sent, where the engine has dropped every scope of it (`offline_access` without `prompt=consent`, OpenID
   * Connect Core §11). Default scopes do not replace it.
   */
  readonly dropped?: string | undefined;
}

export interface ResolvedScope {
  /** Exactly one with the policy `client`. */
  readonly accesses: readonly ApiAccess[];
  /** As requested, or the default scopes. */
  readonly scopes: readonly string[];
}

/** @throws InvalidTarget, InvalidScope */
export function resolveScope(apis: Apis, request: ScopeRequest): ResolvedScope {
  const { client, policy, scopes, resources } = request;
  const named = resources.map((resource) => requireAccess(apis, client, resource));
  requireAllowedScopes(apis, client, scopes);
  const accesses = named.length > 0 ? named : inferAccess(apis, request);
  if (policy === 'client') requireScopesOfApi(apis, accesses, scopes);
  return { accesses, scopes: scopes.size > 0 ? [...scopes] : defaultScopes(accesses, request) };
}

/** @throws InvalidScope for a scope that the client is not registered for */
function requireAllowedScopes({ byScope }: Apis, client: Client, scopes: ReadonlySet<string>): void {
  const { allowedScopes } = clientSettings(client);
  for (const scope of scopes) {
    if (allowedScopes.has(scope)) continue;
    // Some applications show this text alone. Other names are text of the sender.
    const name = byScope.has(scope) || STANDARD_SCOPES.has(scope) ? `${scope} ` : '';
    throw new errors.InvalidScope(`scope ${name}is not allowed for this client`, scope);
  }
}

/** The API of a request without `resource`: that of its scopes, or if it has no scopes either, the only one of its client. */
function inferAccess(apis: Apis, { client, policy, scopes }: ScopeRequest): ApiAccess[] {
  const api = apiOfScopes(apis, scopes);
  if (api !== undefined) return [requireAccess(apis, client, api.audience)];
  const only = scopes.size === 0 && policy !== 'granted' ? onlyAccess(apis, client) : undefined;
  if (only !== undefined) return [only];
  if (policy === 'client') {
    throw new errors.InvalidTarget('resource is missing: name an API with it, or one of its scopes');
  }
  if (policy === 'authorization' && scopes.size === 0) {
    throw missingScope('the client has no API, or several');
  }
  return [];
}

/** @throws InvalidTarget for scopes of several APIs */
function apiOfScopes({ byScope }: Apis, scopes: Iterable<string>): Api | undefined {
  let found: Api | undefined;
  for (const scope of scopes) {
    const api = byScope.get(scope);
    if (api !== undefined && found !== undefined && api !== found) {
      throw new errors.InvalidTarget('scope belongs to several APIs: name one of them with resource');
    }
    found ??= api;
  }
  return found;
}

/** A token of this policy is for an API, so that scopes of OpenID Connect and of other APIs have no place in it. */
function requireScopesOfApi(
  { byScope }: Apis,
  [access]: readonly ApiAccess[],
  scopes: ReadonlySet<string>,
): void {
  for (const scope of scopes) {
    if (byScope.get(scope) !== access?.api)
      throw new errors.InvalidScope('scope does not belong to the requested resource', scope);
  }
}

/** @throws InvalidScope when there must be a default scope and is none */
function defaultScopes(accesses: readonly ApiAccess[], { policy, dropped }: ScopeRequest): string[] {
  if (policy === 'granted') return [];
  if (dropped !== undefined) {
    throw missingScope(`of "${dropped}" nothing is left that the request may ask for`);
  }
  const scopes = [...new Set(accesses.flatMap((access) => access.defaultScopes))];
  const listedOnly = policy === 'client' && accesses.every((access) => access.scopes.length === 0);
  if (scopes.length === 0 && !listedOnly) {
    throw missingScope('the resource has no default scopes for this client');
  }
  return scopes;
}

function missingScope(detail: string): errors.InvalidScope {
  // The engine's types require the scope that is wrong.
  return new errors.InvalidScope('scope is missing: name the requested scopes', undefined!, detail);
}
