import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';

/** Limits for the parameters of authorization requests, at `/authorize` and `/par`, also in request objects, beyond the engine's checks. */

/**
 * Bytes by parameter. Scopes are compared with the registered ones, and addresses are limited before (`http/form-validation.ts`), as is the
 * number of resources (`tokens/resource-servers.ts`).
 */
const MAX_BYTES: Readonly<Record<string, number>> = {
  state: 2048,
  nonce: 512,
  login_hint: 320,
  // An account has up to 16 KiB of claims; base64url adds a third.
  id_token_hint: 24_576,
  code_challenge: 128,
  acr_values: 256,
  ui_locales: 256,
  claims_locales: 256,
  prompt: 64,
  display: 64,
};

/** The engine calls a check for each extra parameter; this check covers all parameters. */
export const requestLimits: Configuration['extraParams'] = { state: checkLimits };

/** @throws InvalidRequest */
function checkLimits(ctx: KoaContextWithOIDC): void {
  const { params = {} } = ctx.oidc;
  for (const [name, maxBytes] of Object.entries(MAX_BYTES)) {
    const value = params[name];
    if (typeof value === 'string' && Buffer.byteLength(value) > maxBytes) throw tooLong(name, maxBytes);
  }
  // The unparsed value: the engine also accepts `0x10` and ` 1` as numbers (OpenID Connect Core §3.1.2.1). What is beside a request object is
  // ignored (RFC 9101 §6.3).
  const outside = (ctx.oidc.body ?? ctx.query) as Record<string, unknown>;
  const isObject = outside.request !== undefined || outside.request_uri !== undefined;
  const { max_age: maxAge } = isObject ? params : outside;
  if (typeof maxAge === 'string' && maxAge !== '' && !/^\d{1,10}$/.test(maxAge)) {
    throw new errors.InvalidRequest('max_age must be a whole number of seconds');
  }
}

function tooLong(name: string, maxBytes: number): errors.InvalidRequest {
  const error = new errors.InvalidRequest(`${name} is longer than ${maxBytes} bytes`);
  // A redirect would have to contain it.
  if (name === 'state') error.allow_redirect = false;
  return error;
}
