import type { Config } from '../config/config.ts';

/** Validation of redirect URIs at registration (RFC 9700 §4.1.3, RFC 8252 §7). */

export interface RedirectRules {
  applicationType: 'web' | 'native';
  mode: Config['mode'];
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Schemes that the browser itself executes or opens. */
const DANGEROUS: ReadonlySet<string> = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'about:',
  'blob:',
]);

/** The characters of RFC 3986 §2. Browsers and servers interpret others differently. */
const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/;

/**
 * Validates a redirect URI or post-logout redirect URI.
 * @returns the problem, as a predicate without a subject; undefined for a valid URI
 */
export function redirectUriProblem(uri: string, rules: RedirectRules): string | undefined {
  if (!URI_CHARACTERS.test(uri)) return 'contains a character that a URI cannot have; percent-encode it';
  const url = URL.parse(uri);
  // The URL parser corrects `https:/host` and `https:host`; other implementations do not.
  if (url === null || (/^https?:/i.test(uri) && !/^https?:\/\/[^/]/i.test(uri)))
    return 'is not an absolute URI';
  if (DANGEROUS.has(url.protocol))
    return `uses the ${url.protocol.slice(0, -1)} scheme, which is not allowed`;
  if (uri.includes('#')) return 'has a fragment (RFC 6749 §3.1.2)';
  if (uri.includes('*')) return 'has a wildcard; register each URI in full';
  if (url.username !== '' || url.password !== '') return 'has a user name or password in it';
  return rules.applicationType === 'native' ? nativeProblem(url) : webProblem(url, rules.mode);
}

function webProblem(url: URL, mode: Config['mode']): string | undefined {
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:')
    return 'must be https for a web client; other schemes are for application_type native';
  if (!LOOPBACK.has(url.hostname)) return 'must be https; http is for localhost in development';
  return mode === 'development' ? undefined : 'must be https; http on localhost is for development';
}

function nativeProblem(url: URL): string | undefined {
  switch (url.protocol) {
    case 'https:':
      return LOOPBACK.has(url.hostname)
        ? 'must be http when it is on a loopback address (RFC 8252 §7.3)'
        : undefined;
    case 'http:':
      return LOOPBACK.has(url.hostname)
        ? undefined
        : 'must be https, or http on a loopback address (RFC 8252 §7.3)';
    default:
      return url.protocol.includes('.')
        ? undefined
        : 'must use a scheme with a dot, such as a reversed domain name: com.example.app:/callback (RFC 8252 §7.1)';
  }
}
