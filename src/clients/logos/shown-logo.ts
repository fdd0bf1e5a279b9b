import { parseWebUrl } from '../../config/url.ts';

/**
 * The `logo_uri` that pages may show. A client that registered itself shows one of the host of its web redirect URIs only: with a logo from
 * anywhere, it could show that of another application (RFC 7591 §5).
 * @param isVetted whether an operator knows the client
 */
export function shownLogo(
  { logoUri, redirectUris }: { logoUri: string | undefined; redirectUris: readonly string[] },
  isVetted: boolean,
): string | undefined {
  if (logoUri === undefined || isVetted) return logoUri;
  const host = URL.parse(logoUri)?.hostname;
  const hosts = redirectUris.map((uri) => parseWebUrl(uri)?.hostname);
  return host !== undefined && hosts.includes(host) ? logoUri : undefined;
}
