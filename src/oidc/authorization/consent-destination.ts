import type { Client, Grant } from 'oidc-provider';
import { isWeb } from '../../config/url.ts';
import { clientSettings } from '../engine/client-settings.ts';
import type { RememberedConsent } from './consent-memory.ts';

/**
 * Where the consent to a client that registered itself leads. No operator has checked that its redirect URIs belong together, or that they are its
 * own: of such a client, people know the host that the page shows (RFC 7591 §5). So consent counts for the host, the scopes, claims and APIs
 * that were shown together. Otherwise a client with the redirect URI of a known application collects consent there, and gets its codes at
 * another host, silently.
 */

type GrantOfDestinations = Grant & { destinations?: string[] };

/** @returns an entry for each thing that a request asks for at its redirect URI; undefined for a client that an operator knows */
export function destinationsOf(
  client: Client,
  redirectUri: string,
  { openid, claims = [], resources }: RememberedConsent,
): string[] | undefined {
  if (clientSettings(client).selfRegistered === undefined) return undefined;
  const url = URL.parse(redirectUri);
  const destination = url !== null && isWeb(url) ? url.origin : (url?.protocol ?? '');
  const apis = Object.entries(resources).flatMap(([api, scopes]) =>
    ['', ...scopes].map((scope) => `api ${api} ${scope}`),
  );
  const asked = [...openid.map((scope) => `scope ${scope}`), ...claims.map((name) => `claim ${name}`)];
  return ['', ...asked, ...apis].map((each) => `${destination} ${each}`);
}

export function addDestinations(grant: Grant, more: readonly string[] = []): void {
  const { destinations = [] } = grant as GrantOfDestinations;
  const added = more.filter((each) => !destinations.includes(each));
  if (added.length > 0) (grant as GrantOfDestinations).destinations = [...destinations, ...added];
}

export function destinationsIn(grant: Grant): string[] | undefined {
  return (grant as GrantOfDestinations).destinations;
}
