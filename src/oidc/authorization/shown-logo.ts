import type { Client } from 'oidc-provider';
import { clientSettings } from '../engine/client-settings.ts';

/**
 * The `logo_uri` that pages may show. A client that registered itself shows one of the host of its redirect URIs only: with a logo from
 * anywhere, it could show that of another application (RFC 7591 §5).
 */
export function shownLogo(client: Client): string | undefined {
  const { logoUri, redirectUris } = client;
  if (logoUri === undefined || clientSettings(client).selfRegistered === undefined) return logoUri;
  return ownLogo(logoUri, redirectUris ?? []);
}

/** @returns the address if its host is one of a web redirect URI */
function ownLogo(logoUri: string, redirectUris: readonly string[]): string | undefined {
  const host = URL.parse(logoUri)?.hostname;
  const hosts = redirectUris.flatMap((uri) => {
    const url = URL.parse(uri);
    return url !== null && /^https?:$/.test(url.protocol) ? [url.hostname] : [];
  });
  return host !== undefined && hosts.includes(host) ? logoUri : undefined;
}
