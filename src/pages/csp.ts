import { hash } from 'node:crypto';
import { parseWebUrl } from '../config/url.ts';

/**
 * The response headers of HTML pages. All are constant except the content security policy, which depends on the page: whether its form leads
 * to an application, its frames, style and script.
 */

export interface PagePolicy {
  /**
   * Whether posting a form of this page can lead to an application. Such a page has no `form-action`: browsers apply it to every redirect
   * after the POST (CSP 3 §6.4.1), also to those that the application sends, to addresses that Signet cannot know.
   */
  formsLeave?: boolean;
  /** Addresses that the page loads in frames. */
  frames?: readonly string[];
  /** The page has no content of a person and is loaded in frames of other sites. */
  embedded?: boolean;
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

const LOCKED = "object-src 'none'; base-uri 'none'";

const EMBEDDED: Headers = { 'Cross-Origin-Resource-Policy': 'cross-origin' };

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
  const { 'X-Frame-Options': _denied, ...embeddable } = constant;
  return {
    page: ({ formsLeave = false, frames = [], embedded = false, style, script } = {}) => ({
      ...(embedded ? { ...embeddable, ...EMBEDDED } : constant),
      'Content-Security-Policy': [
        "default-src 'none'",
        ...(script === undefined ? [] : [`script-src ${hashSource(script)}`]),
        `style-src ${styleSource(style)}`,
        "img-src 'self'",
        ...(frames.length > 0 ? [['frame-src', ...sourcesOf(frames)].join(' ')] : []),
        ...(formsLeave ? [] : ["form-action 'self'"]),
        `frame-ancestors ${embedded ? '*' : "'none'"}`,
        LOCKED,
      ].join('; '),
    }),
  };
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

function sourcesOf(addresses: readonly (string | undefined)[]): Set<string> {
  return new Set(addresses.flatMap((address) => webSource(address) ?? []));
}

/** @returns undefined for an address that a policy cannot name */
export function webSource(address: string | undefined): string | undefined {
  const url = parseWebUrl(address);
  return url && originSource(url);
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
