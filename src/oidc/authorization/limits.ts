import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';

/** What an authorization request may say, beyond what the engine checks, at `/authorize` and at `/par`. */

/** Bytes. What a client has registered (`redirect_uri`, `scope`, `resource`) needs no limit. */
const MAX_BYTES: Readonly<Record<string, number>> = {
  state: 2048,
  nonce: 512,
  login_hint: 320,
  // An account has up to 16 KiB of claims, a third more in a token.
  id_token_hint: 24_576,
  code_challenge: 128,
  acr_values: 256,
  ui_locales: 256,
  claims_locales: 256,
  prompt: 64,
  display: 64,
};

/** As many as a request for several APIs has. */
const MAX_RESOURCES = 20;

/** The engine asks for a check by the name of a parameter; this one looks at all of them. */
export const requestLimits: Configuration['extraParams'] = { state: checkLimits };

/** @throws InvalidRequest */
function checkLimits(ctx: KoaContextWithOIDC): void {
  const { params = {} } = ctx.oidc;
  for (const [name, longest] of Object.entries(MAX_BYTES)) {
    const value = params[name];
    if (typeof value === 'string' && Buffer.byteLength(value) > longest) throw tooLong(name, longest);
  }
  if (Array.isArray(params.resource) && params.resource.length > MAX_RESOURCES) {
    throw new errors.InvalidTarget(`at most ${MAX_RESOURCES} resources can be named`);
  }
  // As it was sent: the engine reads `0x10` and ` 1` as numbers too (OpenID Connect Core §3.1.2.1).
  const { max_age: maxAge } = (ctx.oidc.body ?? ctx.query) as Record<string, unknown>;
  if (typeof maxAge === 'string' && maxAge !== '' && !/^\d{1,10}$/.test(maxAge)) {
    throw new errors.InvalidRequest('max_age must be a whole number of seconds');
  }
}

function tooLong(name: string, longest: number): errors.InvalidRequest {
  const error = new errors.InvalidRequest(`${name} is longer than ${longest} bytes`);
  // It would have to go into the address of the redirect.
  if (name === 'state') error.allow_redirect = false;
  return error;
}
