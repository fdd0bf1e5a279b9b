import type { Client } from 'oidc-provider';
import { isLoopback } from '../../clients/redirect-uri.ts';
import { isWeb } from '../../config/url.ts';
import { clientSettings } from './client-settings.ts';

/** The origins of the pages in which a client runs: those of its redirect URIs, and its `allowed_origins`. */

interface PageOrigins {
  readonly exact: ReadonlySet<string>;
  /** Loopback origins without their port, where every port counts. */
  readonly anyPort: ReadonlySet<string>;
}

const NONE: PageOrigins = { exact: new Set(), anyPort: new Set() };

/** Of the longest loopback origin with a port. Parsing a longer one takes time that grows with the square of its length. */
const MAX_LOOPBACK_LENGTH = 'http://localhost:65535'.length;

const cache = new WeakMap<Client, PageOrigins>();

/** Whether pages of an origin may call as this client. A confidential client runs in no page. */
export function isAllowedOrigin(client: Client, origin: string): boolean {
  let origins = cache.get(client);
  if (origins === undefined) cache.set(client, (origins = pageOrigins(client)));
  if (origins.exact.has(origin)) return true;
  if (origins.anyPort.size === 0 || origin.length > MAX_LOOPBACK_LENGTH) return false;
  const url = URL.parse(origin);
  return url !== null && url.origin === origin && origins.anyPort.has(withoutPort(url));
}

function pageOrigins(client: Client): PageOrigins {
  const { clientAuthMethod, applicationType, redirectUris = [] } = client;
  if (clientAuthMethod !== 'none') return NONE;
  // All private-use schemes have the origin `null`, as sandboxed frames do.
  const urls = redirectUris.map((uri) => new URL(uri)).filter(isWeb);
  // An app on a computer listens on the port that is free (RFC 8252 §7.3).
  const loopback = urls.filter((url) => applicationType === 'native' && isLoopback(url));
  return {
    exact: new Set([...urls.map((url) => url.origin), ...clientSettings(client).allowedOrigins]),
    anyPort: new Set(loopback.map(withoutPort)),
  };
}

function withoutPort({ protocol, hostname }: URL): string {
  return `${protocol}//${hostname}`;
}
