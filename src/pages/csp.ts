import { hash } from 'node:crypto';

/**
 * The response headers of HTML pages. All are constant except the content security policy, which has the sources of one page: the origin of
 * the client's logo, and the targets of its forms.
 */

export interface PagePolicy {
  /** Addresses of foreign images on the page: the client's `logo_uri`. */
  images?: readonly (string | undefined)[];
  /**
   * Where posting a form of this page may lead: the redirect URI of the request. Chromium applies `form-action` to the whole chain of
   * redirects after a POST, including those of the client's own endpoint.
   */
  formTargets?: readonly string[];
  /** The content of the page's one style element, for a page that loads no stylesheet. */
  style?: string | undefined;
  /** The content of the page's one script element. */
  script?: string | undefined;
}

export type Headers = Readonly<Record<string, string>>;

export interface PageHeaders {
  /** Headers for one of our pages. */
  page(policy?: PagePolicy): Headers;
}

const LOCKED = "frame-ancestors 'none'; object-src 'none'; base-uri 'none'";

/** @param issuer decides on HSTS, which is for https alone */
export function createPageHeaders(issuer: string): PageHeaders {
  const constant: Headers = {
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Cache-Control': 'no-store',
    ...(new URL(issuer).protocol === 'https:' && { 'Strict-Transport-Security': 'max-age=31536000' }),
  };
  return {
    page: ({ images = [], formTargets = [], style, script } = {}) => ({
      ...constant,
      'Content-Security-Policy': [
        "default-src 'none'",
        ...(script === undefined ? [] : [`script-src ${hashSource(script)}`]),
        `style-src ${styleSource(style)}`,
        directive("img-src 'self'", images.map(imageSource)),
        directive("form-action 'self'", formTargets.map(formSource)),
        LOCKED,
      ].join('; '),
    }),
  };
}

function directive(start: string, sources: readonly (string | undefined)[]): string {
  return [start, ...new Set(sources.filter((source) => source !== undefined))].join(' ');
}

function styleSource(style: string | undefined): string {
  return style === undefined ? "'self'" : hashSource(style);
}

/** By content; Signet has few styles and scripts. */
const hashes = new Map<string, string>();

function hashSource(content: string): string {
  let source = hashes.get(content);
  if (source === undefined) {
    source = `'sha256-${hash('sha256', content, 'base64')}'`;
    hashes.set(content, source);
  }
  return source;
}

function imageSource(address: string | undefined): string | undefined {
  const url = address === undefined ? null : URL.parse(address);
  return url !== null && isWeb(url) ? originSource(url) : undefined;
}

/**
 * The scheme, not the origin: when the callback of an application redirects to another host, Chromium would otherwise block the redirect and
 * stay on our page. A private-use scheme (RFC 8252 §7.1) has no origin.
 */
function formSource(address: string): string | undefined {
  return URL.parse(address)?.protocol;
}

/**
 * The origin as a CSP source. A URL's host may hold `;`, `,` and `*` (WHATWG URL, "forbidden domain code point"), which would
 * end the directive, the policy, or match any host; such an origin is left out. CSP cannot express an IPv6 address (CSP 3
 * §2.3.1, host-source); its scheme is used instead.
 */
function originSource(url: URL): string | undefined {
  if (url.hostname.startsWith('[')) return url.protocol;
  return /^[a-z0-9._-]+$/.test(url.hostname) ? url.origin : undefined;
}

function isWeb(url: URL): boolean {
  return url.protocol === 'https:' || url.protocol === 'http:';
}
