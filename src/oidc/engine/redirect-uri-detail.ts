import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { isDeniedScheme } from '../../clients/denied-schemes.ts';
import { isLoopback } from '../../clients/redirect-uri.ts';
import { isWeb } from '../../config/url.ts';
import { clientSettings } from './client-settings.ts';
import { quoted } from './quoted.ts';

/**
 * The detail about a `redirect_uri` that is not registered (`error-detail.ts`): it names the setting with which the URI is accepted.
 * @returns undefined where no setting is missing but the URI itself
 */
export function unregisteredRedirectUri({
  oidc: { client, params },
  query,
}: KoaContextWithOIDC): string | undefined {
  const value = (params ?? query).redirect_uri;
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || client === undefined) return undefined;
  const hint = missingSetting(client, url);
  return hint === undefined ? undefined : `redirect_uri is ${quoted(value)}; ${hint}`;
}

function missingSetting(client: Client, url: URL): string | undefined {
  const { applicationType, redirectUris = [] } = client;
  const isNative = applicationType === 'native';
  if (!isLoopback(url)) {
    return isNative || isWeb(url) || isDeniedScheme(url.protocol.slice(0, -1))
      ? undefined
      : 'a scheme of an app needs application_type native (client add --native)';
  }
  if (isNative) {
    return redirectUris.some((uri) => uri.startsWith('http:'))
      ? 'a native client may use any port of a registered loopback address, with the same host and path: localhost, 127.0.0.1 and [::1] differ'
      : 'the client has no loopback address in redirect_uris';
  }
  const parsed = (uris: readonly string[]): URL[] => uris.flatMap((uri) => URL.parse(uri) ?? []);
  // On a registered origin, as in development, the path is wrong.
  if (parsed(redirectUris).some(({ origin }) => origin === url.origin)) return undefined;
  const { loopbackRedirectUris } = clientSettings(client);
  // Only a development server accepts them there.
  return parsed(redirectUris.filter((uri) => !loopbackRedirectUris.includes(uri))).some(isLoopback)
    ? 'localhost, 127.0.0.1, [::1] and each port are different addresses: open the application at the registered one, or register this one in redirect_uris'
    : 'a web client has loopback addresses in loopback_redirect_uris, with their port (client add --loopback-redirect-uri)';
}
