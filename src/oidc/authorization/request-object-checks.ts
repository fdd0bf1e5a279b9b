import { errors } from 'oidc-provider';
import { isJsonObject } from '../../config/json-object.ts';
import { ADDRESSES, MAX_ADDRESS_LENGTH } from '../../http/form-validation.ts';
import { isUnambiguousJwt } from '../client-auth/unambiguous-jwt.ts';

/**
 * Checks of a request object (RFC 9101 §4, §10.8) that need neither a client nor a key, before the engine reads it: the engine copies what
 * is in it, and fails on what no request has. The engine checks algorithm, signature, `iss`, `aud`, `exp`, `nbf` and `iat`, and compares
 * `client_id` and `response_type` with those outside.
 */

/** Characters, encrypted ones included: as an `id_token_hint` (`limits.ts`), which may be in it, and its signature. */
export const MAX_REQUEST_OBJECT_LENGTH = 24_576;

/** Of objects and lists in one another, `claims` and authorization details included. */
const MAX_DEPTH = 16;

/** RFC 9101 §10.8. Many libraries write `JWT`, or no type at all (OpenID Connect Core §6.1 has none). */
const TYPES: ReadonlySet<unknown> = new Set([
  undefined,
  'JWT',
  'oauth-authz-req+jwt',
  'application/oauth-authz-req+jwt',
]);

/** Extensions that change what is signed. A key in the header (`jwk`, `jku`, `x5c`, `x5u`) is ignored. */
const REJECTED_HEADERS = ['crit', 'b64', 'zip'];

/** Parameters that the engine turns into text, whatever they are. Unknown claims are ignored. */
const TEXTS: readonly string[] = [
  'acr_values',
  'audience',
  'claims_locales',
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'display',
  'dpop_jkt',
  'id_token_hint',
  'login_hint',
  'max_age',
  'nonce',
  'prompt',
  'redirect_uri',
  'response_mode',
  'response_type',
  'scope',
  'state',
  'ui_locales',
];

/**
 * @param jwt as it was received, after decryption
 * @throws InvalidRequestObject
 */
export function checkRequestObject(jwt: string): void {
  if (jwt.length > MAX_REQUEST_OBJECT_LENGTH) throw tooLong();
  const [header, claims] = jwt.split('.', 2).map(parsePart);
  if (header === undefined || claims === undefined || jwt.split('.').length !== 3) {
    throw new errors.InvalidRequestObject('request object is not a signed JWT in compact form');
  }
  checkHeader(header);
  if (!isUnambiguousJwt(jwt, MAX_DEPTH)) {
    throw new errors.InvalidRequestObject('header or claims are not JSON that all parsers read alike');
  }
  checkClaims(claims);
}

export function tooLong(): errors.InvalidRequestObject {
  return new errors.InvalidRequestObject(
    `request object is longer than ${MAX_REQUEST_OBJECT_LENGTH} characters`,
  );
}

type JsonObject = Record<string, unknown>;

function parsePart(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function checkHeader(header: JsonObject): void {
  const rejected = REJECTED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (rejected !== undefined)
    throw new errors.InvalidRequestObject(`the header of the request object has "${rejected}"`);
  if (typeof header.alg !== 'string') throw new errors.InvalidRequestObject('request object has no "alg"');
  if (!TYPES.has(header.typ))
    throw new errors.InvalidRequestObject('"typ" is not that of a request object (oauth-authz-req+jwt)');
}

function checkClaims(claims: JsonObject): void {
  for (const name of ['request', 'request_uri']) {
    if (Object.hasOwn(claims, name))
      throw new errors.InvalidRequestObject(`request object must not contain ${name} (RFC 9101 §4)`);
  }
  // With it the object could be a client assertion (RFC 9101 §10.8).
  if (claims.sub !== undefined && (claims.sub === claims.client_id || claims.sub === claims.iss))
    throw new errors.InvalidRequestObject('sub of the request object must not be the client_id');
  const resources = [claims.resource ?? []].flat();
  const structured = TEXTS.find((name) => typeof claims[name] === 'object');
  if (structured !== undefined || resources.some((resource) => typeof resource !== 'string')) {
    const name = structured ?? 'resource';
    throw new errors.InvalidRequestObject(`${name} in the request object has a value that is no text`);
  }
  for (const name of ADDRESSES) {
    if ([claims[name]].flat().some((value) => String(value).length > MAX_ADDRESS_LENGTH)) {
      throw new errors.InvalidRequestObject(`${name} is longer than ${MAX_ADDRESS_LENGTH} characters`);
    }
  }
}
