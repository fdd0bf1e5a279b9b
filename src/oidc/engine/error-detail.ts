import { decodeProtectedHeader } from 'jose';
import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { GRANT_TYPE_NAMES } from '../../clients/grant-types.ts';
import { hasExpired, MAX_SECRET_LENGTH, matches } from '../../clients/secrets.ts';
import { CONSENT_EACH_TIME, consentEachTimeDetail } from '../authorization/device-redirect.ts';
import { requestObjectDetail } from '../authorization/request-object-detail.ts';
import { assertionDetail } from '../client-auth/assertion-detail.ts';
import { claimedClientId, shownSecret, usedAuthMethod } from '../client-auth/claimed-client.ts';
import { clientSettings } from './client-settings.ts';
import { quoted } from './quoted.ts';
import { unregisteredRedirectUri } from './redirect-uri-detail.ts';

/**
 * Adds the detail to errors of the engine: what the request had and what was expected, for the log, and in development mode for the
 * response. A detail quotes identifiers, addresses and times, never a secret, a token or an assertion.
 */

export type EngineError = Error & {
  error?: string;
  error_description?: string | undefined;
  error_detail?: string | undefined;
};

export const UNKNOWN_CLIENT = 'no client has the client_id of the request';

type Describe = (ctx: KoaContextWithOIDC) => string | undefined;

const parameter = (ctx: KoaContextWithOIDC, name: string): string =>
  quoted((ctx.oidc.params ?? ctx.query)[name]);

const NO_CLIENT: Describe = (ctx) => {
  if (ctx.oidc.params?.id_token_hint !== undefined && ctx.oidc.route === 'end_session') {
    return 'id_token_hint was issued to a client that is not registered';
  }
  // Pushed requests authenticate first.
  if (ctx.oidc.client !== undefined) {
    return 'client_id is missing among the parameters, where it belongs however the client authenticates';
  }
  return claimedClientId(ctx) === '' ? 'the request has no client_id' : UNKNOWN_CLIENT;
};

/** Description of the failed check (of the engine or of Signet) → its detail. */
const DETAILS: ReadonlyMap<string, Describe> = new Map<string, Describe>([
  ['client not found', NO_CLIENT],
  ["missing required parameter 'client_id'", NO_CLIENT],
  [
    'no client authentication mechanism provided',
    () => 'the request has no client_id, no Authorization header and no client_assertion',
  ],
  [
    'client_id mismatch',
    (ctx) => `client_id is ${parameter(ctx, 'client_id')}; the credentials are of another client`,
  ],
  ['invalid secret provided', secretDetail],
  [
    'the provided authentication mechanism does not match the registered client authentication method',
    (ctx) =>
      `the request authenticates by ${usedAuthMethod(ctx)}; the client is registered for ${ctx.oidc.client?.clientAuthMethod}`,
  ],
  ['requested grant type is not allowed for this client', grantTypeDetail],
  ['unsupported grant_type requested', grantTypeDetail],
  [
    'response_type must be code',
    (ctx) =>
      `response_type is ${parameter(ctx, 'response_type')}; set the response type of the application to code`,
  ],
  [
    'requested response_type is not allowed for this client',
    (ctx) =>
      `response_type is ${parameter(ctx, 'response_type')}; the client is registered for ${listOrNone(ctx.oidc.client?.responseTypes)}`,
  ],
  ['response_mode is not registered for this client', responseModeDetail],
  ['unsupported response_mode requested', responseModeDetail],
  [
    // The engine says so of a code whose request had no challenge.
    'unsupported code_challenge_method',
    () =>
      'the request has a code_verifier, the authorization request had no code_challenge (RFC 9700 §4.8.2)',
  ],
  [
    'code_verifier must be provided',
    () => 'code_verifier is missing; the authorization request had a code_challenge (RFC 7636 §4.6)',
  ],
  [
    'code_verifier does not match code_challenge',
    () =>
      'code_verifier does not fit the code_challenge of the authorization request: its SHA-256 in base64url is another',
  ],
  ["redirect_uri did not match any of the client's registered redirect_uris", unregisteredRedirectUri],
  [CONSENT_EACH_TIME, consentEachTimeDetail],
  ['client mismatch', () => 'the code or refresh token was issued to another client'],
  [
    'resource indicator is missing, or unknown',
    (ctx) =>
      `resource is ${parameter(ctx, 'resource')}; the grant is for ${listOrNone([ctx.oidc.entities.RefreshToken?.resource ?? []].flat())}`,
  ],
  [
    'scope does not belong to the requested resource',
    (ctx) => `scope is ${parameter(ctx, 'scope')}, resource is ${parameter(ctx, 'resource')}`,
  ],
]);

/** Sets the detail of an error, where there is more to say than the engine does. Idempotent. */
export function addDetail(ctx: KoaContextWithOIDC, error: EngineError): void {
  // Of keys that cannot be fetched.
  const inner = (error.cause as EngineError | undefined)?.error_detail;
  if (inner !== undefined) error.error_detail = inner;
  const failed = error.error_detail ?? error.error_description ?? '';
  const detail =
    hintDetail(ctx, error) ??
    requestObjectDetail(ctx, error) ??
    encryptionDetail(error) ??
    DETAILS.get(failed)?.(ctx) ??
    assertionDetail(ctx, failed) ??
    scopeDetail(ctx, error);
  if (detail !== undefined) error.error_detail = detail;
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * The id of an unknown client, for the log in production. When a client mixes up id and secret, the id is a secret; in production secrets
 * have at least 32 characters, so that long ids are left out.
 */
export function unknownClientId(ctx: KoaContextWithOIDC, error: EngineError): string | undefined {
  if (error.error_detail !== UNKNOWN_CLIENT) return undefined;
  const id = claimedClientId(ctx);
  return id.length < 32 || UUID.test(id) ? quoted(id) : undefined;
}

/** Values that other servers have. An unknown one may be a secret in the wrong place, so that it is not repeated. */
const KNOWN_GRANT_TYPES: readonly string[] = [
  ...GRANT_TYPE_NAMES,
  'password',
  'implicit',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:openid:params:grant-type:ciba',
];
const KNOWN_RESPONSE_MODES: readonly string[] = [
  'query',
  'fragment',
  'form_post',
  'web_message',
  'jwt',
  'query.jwt',
  'fragment.jwt',
  'form_post.jwt',
];

function knownValue(value: unknown, known: readonly string[]): string {
  return known.includes(String(value)) ? quoted(value) : 'not a known one';
}

function grantTypeDetail({ oidc: { client, params } }: KoaContextWithOIDC): string {
  return `grant_type is ${knownValue(params?.grant_type, KNOWN_GRANT_TYPES)}; the client is registered for ${listOrNone(client?.grantTypes)}`;
}

/** The mode as it was received: the response is sent in another one, without the parameter. */
function responseModeDetail({ oidc: { body, client }, query }: KoaContextWithOIDC): string {
  const received = query.response_mode ?? body?.response_mode;
  return `response_mode is ${knownValue(received, KNOWN_RESPONSE_MODES)}; the client is registered for ${listOrNone(client?.responseModes)}`;
}

/** A hint from before the client has registered another algorithm, or of another client. */
function hintDetail(
  { oidc: { client, params } }: KoaContextWithOIDC,
  error: EngineError,
): string | undefined {
  if (error.error_description !== 'could not validate id_token_hint') return undefined;
  const hint = String(params?.id_token_hint);
  // OpenID Connect Core §3.1.2.1.
  if (hint.split('.').length === 5)
    return 'id_token_hint is encrypted; send the signed ID token that is in it';
  const alg = algorithmOf(hint);
  const registered = client?.idTokenSignedResponseAlg;
  return alg === undefined || registered === undefined || alg === registered
    ? undefined
    : `id_token_hint has alg ${quoted(alg)}; ID tokens of the client have ${registered}`;
}

/** Of a response that was to be encrypted. */
function encryptionDetail({ error_description: description = '' }: EngineError): string | undefined {
  const [, alg] = /^no suitable encryption key found \((.+)\)$/.exec(description) ?? [];
  return alg && `the client has no key with use "enc" for ${alg}, which its responses are encrypted with`;
}

function algorithmOf(jwt: string): string | undefined {
  try {
    return decodeProtectedHeader(jwt).alg;
  } catch {
    return undefined;
  }
}

/** Why a secret does not match. */
function secretDetail(ctx: KoaContextWithOIDC): string {
  const { client } = ctx.oidc;
  const { secrets } = clientSettings(client as Client);
  const { decoded, raw } = shownSecret(ctx);
  const wrong = `the client_secret of ${quoted(client?.clientId)} is wrong`;
  // Not hashed: the comparison did not hash it either.
  if (raw.length > MAX_SECRET_LENGTH) return `${wrong}: it is longer than any`;
  const now = Math.floor(Date.now() / 1000);
  const shown = secrets.find((secret) => matches(secret, decoded));
  if (shown !== undefined && hasExpired(shown, now)) {
    return `the client_secret of ${quoted(client?.clientId)} expired at ${new Date(Number(shown.expiresAt) * 1000).toISOString()}`;
  }
  if (shown !== undefined)
    return 'too many wrong secrets came from this network; the right one is refused too';
  if (raw !== decoded && secrets.some((secret) => matches(secret, raw))) {
    return `${wrong} once it is decoded: form-encode id and secret before the base64 of Basic (RFC 6749 §2.3.1)`;
  }
  return wrong;
}

/** The scope that the client is not registered for, when that is the error. */
export function scopeNotAllowed(ctx: KoaContextWithOIDC, error: EngineError): string | undefined {
  const { client } = ctx.oidc;
  const { scope } = error as { scope?: string };
  if (!(error instanceof errors.InvalidScope) || client === undefined || scope === undefined)
    return undefined;
  return /not allowed/.test(error.error_description ?? '') ? scope : undefined;
}

function scopeDetail(ctx: KoaContextWithOIDC, error: EngineError): string | undefined {
  const scope = error.error_detail === undefined ? scopeNotAllowed(ctx, error) : undefined;
  return scope === undefined
    ? undefined
    : `${quoted(scope)} is none of the client's scopes: add it to scope of ${quoted(ctx.oidc.client?.clientId)}, or do not request it`;
}

function listOrNone(values: readonly string[] | undefined): string {
  return values === undefined || values.length === 0 ? 'none' : values.join(', ');
}
