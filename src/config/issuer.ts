/** The parts of an issuer identifier that addresses derive from. Tokens and metadata have it exactly as it is configured. */

/** The path of an issuer, without the slash at its end: `/auth`. Empty for an issuer without a path. */
export function issuerPath(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, '');
}

/**
 * The URL of a path below the issuer. A slash at the end of the issuer is removed before (OpenID Connect Discovery 1.0 §4).
 * @param path begins with a slash
 */
export function issuerUrl(issuer: string, path: string): string {
  return issuer.replace(/\/$/, '') + path;
}
