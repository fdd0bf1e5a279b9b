import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { isUnambiguousJson } from '../../config/unambiguous-json.ts';
import { CLAIM_SCOPES } from '../engine/claims.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { Feature } from '../feature.ts';

/**
 * The `claims` parameter (OpenID Connect Core §5.5): single claims for the ID token or userinfo, beside those of the scopes.
 *
 * A client gets no more by it than by its scopes: a claim about the person counts if one of the scopes that the client is registered for
 * opens it. Every other name is ignored, as Core asks for names that are not understood. What is left replaces the parameter, so that the
 * engine, the consent page and the grant see the same request.
 *
 * `value` and `values` count for `sub` (`requested-authentication.ts`) and `acr`. Of any other claim the true value is returned.
 */

export const claimsParameter: Feature = {
  spec: ['OpenID Connect Core 1.0 §5.5'],
  configure: () => ({
    features: { claimsParameter: { enabled: true, assertClaimsParameter: narrowClaims } },
  }),
};

const MAX_BYTES = 2048;
const MAX_VALUES = 20;

/** The tokens for which a request names claims. */
const TARGETS = ['id_token', 'userinfo'] as const;
type Target = (typeof TARGETS)[number];

/** Claims of the protocol: they need no scope and no consent. */
const PROTOCOL: Readonly<Record<Target, ReadonlySet<string>>> = {
  id_token: new Set(['sub', 'acr', 'amr', 'auth_time', 'sid']),
  userinfo: new Set(['sub']),
};

interface ClaimRequest {
  essential?: boolean;
  value?: unknown;
  values?: unknown[];
}

export type ClaimsRequest = { [Name in Target]?: Record<string, ClaimRequest | null> };

/** The claims of a request that was checked. */
export function requestedClaims({ claims }: Record<string, unknown>): ClaimsRequest {
  return typeof claims === 'string' ? (JSON.parse(claims) as ClaimsRequest) : {};
}

/** The names of the requested claims about the person: what consent is needed for. In the order of the scopes. */
export function personalClaims(params: Record<string, unknown>): string[] {
  if (params.claims === undefined) return [];
  const request = requestedClaims(params);
  const names = new Set(TARGETS.flatMap((target) => Object.keys(request[target] ?? {})));
  return [...CLAIM_SCOPES.keys()].filter((name) => names.has(name));
}

/** Whether one of the scopes opens a claim. */
export function isOpenedBy(scopes: ReadonlySet<string>, claim: string): boolean {
  const scope = CLAIM_SCOPES.get(claim);
  return scope !== undefined && scopes.has(scope);
}

/**
 * The engine has parsed the parameter.
 * @throws InvalidRequest
 */
function narrowClaims({ oidc: { params } }: KoaContextWithOIDC, claims: object, client: Client): void {
  const text = String(params?.claims);
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new errors.InvalidRequest(`claims is longer than ${MAX_BYTES} bytes`);
  // Of two members with one name, the page could show one and the token have the other.
  if (!isUnambiguousJson(Buffer.from(text)))
    throw new errors.InvalidRequest('claims has a member twice, or is not Unicode text');
  const { allowedScopes } = clientSettings(client);
  const narrowed: ClaimsRequest = {};
  for (const target of TARGETS) {
    const requests = Object.entries((claims as Record<string, object | undefined>)[target] ?? {})
      .filter(([name]) => PROTOCOL[target].has(name) || isOpenedBy(allowedScopes, name))
      .map(([name, request]) => [name, checkedRequest(`claims.${target}.${name}`, request)] as const);
    if (requests.length > 0) narrowed[target] = Object.fromEntries(requests);
  }
  setClaims(params, narrowed);
}

function setClaims(params: Record<string, unknown> | undefined, claims: ClaimsRequest): void {
  if (params !== undefined)
    params.claims = Object.keys(claims).length > 0 ? JSON.stringify(claims) : undefined;
}

/**
 * Members that are not understood are left out (OpenID Connect Core §5.5.1).
 * @throws InvalidRequest
 */
function checkedRequest(path: string, request: unknown): ClaimRequest | null {
  if (request === null) return null;
  if (typeof request !== 'object' || Array.isArray(request))
    throw new errors.InvalidRequest(`${path} is neither null nor an object`);
  const { essential, value, values } = request as ClaimRequest;
  if (essential !== undefined && typeof essential !== 'boolean')
    throw new errors.InvalidRequest(`${path}.essential is not true or false`);
  if (values !== undefined && (!Array.isArray(values) || values.length > MAX_VALUES))
    throw new errors.InvalidRequest(`${path}.values is not a list of at most ${MAX_VALUES} values`);
  if ([value, ...(values ?? [])].some((each) => typeof each === 'object' && each !== null))
    throw new errors.InvalidRequest(`${path} has a value that is an object or a list`);
  return {
    ...(essential !== undefined && { essential }),
    ...(value !== undefined && { value }),
    ...(values !== undefined && { values }),
  };
}

/** Adds `amr` to a request for `acr`: what was done explains what was reached. */
export function requestAmrWithAcr({ oidc: { params } }: KoaContextWithOIDC): void {
  const { id_token: idToken, ...others } = requestedClaims(params ?? {});
  const asksAcr = idToken?.acr !== undefined || (params?.acr_values ?? '') !== '';
  if (asksAcr && idToken?.amr === undefined)
    setClaims(params, { ...others, id_token: { ...idToken, amr: null } });
}
