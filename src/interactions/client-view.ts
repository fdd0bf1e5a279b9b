import { mixesScripts } from '../clients/self-registration/client-name.ts';
import { isLoopback, isWeb } from '../clients/redirect-uri.ts';
import type { ClientView } from '../pages/page-data.ts';
import type { PendingAuthorization } from '../oidc/authorization/pending-authorization.ts';

/** An application on the pages of its request. */
export function clientView({ client, redirectUri }: PendingAuthorization): ClientView {
  const { id: _id, selfRegistered, documentHost, onlyLoopback, ...view } = client;
  if (!selfRegistered) return view;
  const destination = destinationOf(redirectUri);
  // In mixed alphabets a name can look like any other one.
  const name = mixesScripts(view.name) ? (destination ?? 'An app on this device') : view.name;
  return {
    ...view,
    name,
    logoUri: ownLogo(view.logoUri, redirectUri),
    unverified: { destination, documentHost, onlyLoopback },
  };
}

/** Undefined for an app on the person's own device: a loopback address, or a private-use scheme (RFC 8252 §7.1, §7.3). */
export function destinationOf(redirectUri: string): string | undefined {
  const url = new URL(redirectUri);
  return isWeb(url) && !isLoopback(url) ? url.host : undefined;
}

/** A logo of another host may be that of another application. */
function ownLogo(logoUri: string | undefined, redirectUri: string): string | undefined {
  const host = logoUri === undefined ? undefined : URL.parse(logoUri)?.host;
  return host === new URL(redirectUri).host ? logoUri : undefined;
}
