import { deflateRawSync } from 'node:zlib';
import { errors } from 'oidc-provider';
import type { Parameters } from './parameter-encoding.ts';

/**
 * The parameters of a waiting request in the store, with its interaction: of requests that are too long for a cookie, and that a client has
 * authenticated or signed (RFC 9126, RFC 9101). A stranger's request is never stored, however long it is.
 *
 * A node of an earlier version treats such an interaction as expired.
 */

/** Browsers keep 4,096 bytes of name, value and attributes; the path of the issuer is in one of them (`config/cross-checks.ts`). */
export const MAX_COOKIE_LENGTH = 3800;

/** Bytes of JSON: more than the longest request object (`request-object-checks.ts`), and what a pushed form may have. */
const MAX_STORED_BYTES = 32 * 1024;

/** Characters of a JWE around its content (`parameter-encoding.ts`). */
const ENVELOPE_LENGTH = 120;

/** Bytes of compressed JSON, which are base64url in the cookie. */
const MAX_COMPRESSED_BYTES = Math.floor(((MAX_COOKIE_LENGTH - ENVELOPE_LENGTH) * 3) / 4);

/** In the cookie, in place of the parameters. */
const IN_STORE: Parameters = { signet_parameters: 'stored' };

interface Request {
  params: Parameters;
  /** Names of the parameters that the client has signed, or that it pushed after it had authenticated. */
  trusted?: unknown;
}

/** @throws InvalidRequest when the parameters are too long for the store, too */
export function isStoredRequest({ params, trusted }: Request): boolean {
  if (!Array.isArray(trusted) || trusted.length === 0) return false;
  const json = JSON.stringify(params);
  const length = Buffer.byteLength(json);
  if (length <= MAX_COMPRESSED_BYTES / 2 || deflateRawSync(json).length <= MAX_COMPRESSED_BYTES) return false;
  if (length > MAX_STORED_BYTES) throw new errors.InvalidRequest('request parameters are too long');
  return true;
}

/** What the cookie of an interaction has. */
export function cookieContent(interaction: Request): Parameters {
  return isStoredRequest(interaction) ? IN_STORE : interaction.params;
}

/**
 * @param cookie opened with the key of the interaction; undefined for another browser
 * @returns the parameters of the request
 */
export function parametersOf({ params }: Request, cookie: Parameters | undefined): Parameters | undefined {
  return cookie?.signet_parameters === IN_STORE.signet_parameters ? params : cookie;
}
