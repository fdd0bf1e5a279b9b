import type { Client } from 'oidc-provider';
import { parseWebUrl } from '../../config/url.ts';
import type { ReturnLink } from '../../pages/page-data.ts';
import { displayOf } from '../engine/client-display.ts';
import { clientSettings } from '../engine/client-settings.ts';

/**
 * The link to an application: its registered site (`client_uri`), else the origin of its redirect URI. An app or a tool on the person's own
 * device has none: it listens on a loopback address, for a moment only (RFC 8252 §7.3).
 * @param languages of the person (`http/languages.ts`)
 */
export function clientHome(client: Client, languages: readonly string[]): ReturnLink {
  const { name, uri } = displayOf(client, languages);
  const { loopbackRedirectUris, selfRegistered } = clientSettings(client);
  // The site that a client names itself may be that of another.
  const site = selfRegistered === undefined ? parseWebUrl(uri)?.href : undefined;
  const schemes = client.applicationType === 'native' ? ['https:'] : ['https:', 'http:'];
  const redirectUri = (client.redirectUris ?? [])
    .filter((uri) => !loopbackRedirectUris.includes(uri))
    .map(parseWebUrl)
    .find((url) => schemes.includes(url?.protocol ?? ''));
  return { name, url: site ?? redirectUri?.origin };
}
