import { isWeb } from '../config/url.ts';
import type { Config } from '../config/config.ts';
import { isDeniedScheme } from './denied-schemes.ts';

/** Validation of redirect URIs at registration (RFC 9700 §4.1.3, RFC 8252 §7). */

export interface RedirectRules {
  applicationType: 'web' | 'native';
  /** Whether the client has the implicit grant. */
  isImplicit: boolean;
  mode: Config['mode'];
}

/** Web clients with the implicit grant have https addresses, and none on localhost. */
export const IMPLICIT_URIS = 'OpenID Connect Dynamic Client Registration §2';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The characters of RFC 3986 §2. Browsers and servers interpret others differently. */
const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;

/**
 * Validates a redirect URI or post-logout redirect URI.
 * @returns the problem, as a predicate without a subject; undefined for a valid URI
 */
export function redirectUriProblem(uri: string, rules: RedirectRules): string | undefined {
  const url = parse(uri);
  if (typeof url === 'string') return url;
  return rules.applicationType === 'native' ? nativeProblem(url) : webProblem(url, rules);
}

/**
 * Validates a redirect URI on a loopback address for a web client: of a command-line tool that shares the client of a site.
 * @returns the problem, as a predicate without a subject; undefined for a valid URI
 */
export function loopbackUriProblem(uri: string): string | undefined {
  const url = parse(uri);
  if (typeof url === 'string') return url;
  return isLoopback(url)
    ? undefined
    : 'must be http on a loopback address, such as http://localhost:8250/oidc/callback';
}

/** Whether a valid redirect URI is of an app, with a scheme that is no reversed domain name (RFC 8252 §7.1). */
export function hasDotlessScheme(uri: string): boolean {
  const url = new URL(uri);
  return !isWeb(url) && !url.protocol.includes('.');
}

/** Whether the address is http on the device of the person (RFC 8252 §7.3). */
export function isLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && LOOPBACK.has(hostname);
}

/** @returns the URL, or the problem of a URI that no client may have */
function parse(uri: string): URL | string {
  if (!URI_CHARACTERS.test(uri)) return 'contains a character that a URI cannot have; percent-encode it';
  const url = URL.parse(uri);
  // The URL parser corrects `https:/host` and `https:host`; other implementations do not.
  if (url === null || (/^https?:/i.test(uri) && !/^https?:\/\/[^/]/i.test(uri)))
    return 'is not an absolute URI';
  // To the parser, the host of `localhost:8080/callback` is a scheme.
  if (/^localhost:/i.test(uri)) return 'has no scheme; write http:// before it';
  const scheme = url.protocol.slice(0, -1);
  if (isDeniedScheme(scheme))
    return `uses the ${scheme} scheme, which is not allowed: browsers or operating systems interpret it`;
  if (uri.includes('#')) return 'has a fragment (RFC 6749 §3.1.2)';
  if (uri.includes('*')) return 'has a wildcard; register each URI in full';
  if (url.username !== '' || url.password !== '') return 'has a user name or password in it';
  return url;
}

function webProblem(url: URL, { isImplicit, mode }: RedirectRules): string | undefined {
  if (url.protocol === 'https:') {
    return isImplicit && url.hostname === 'localhost' && mode === 'production'
      ? `must not be on localhost with the implicit grant (${IMPLICIT_URIS})`
      : undefined;
  }
  if (url.protocol !== 'http:')
    return 'must be https for a web client; other schemes are for application_type native';
  if (!isLoopback(url)) return 'must be https; http is for localhost in development';
  return mode === 'development'
    ? undefined
    : 'must be https; http on a loopback address is for development and for loopback_redirect_uris';
}

function nativeProblem(url: URL): string | undefined {
  switch (url.protocol) {
    case 'https:':
      return LOOPBACK.has(url.hostname)
        ? 'must be http when it is on a loopback address (RFC 8252 §7.3)'
        : undefined;
    case 'http:':
      return isLoopback(url) ? undefined : 'must be https, or http on a loopback address (RFC 8252 §7.3)';
    default:
      return undefined;
  }
}
