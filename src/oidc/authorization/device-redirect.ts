import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { clientSettings } from '../engine/client-settings.ts';
import { quoted } from '../engine/quoted.ts';

/** Redirect URIs on the device of the person, where consent is not remembered. */

/** The description of a refused `prompt=none`. */
export const CONSENT_EACH_TIME = 'redirect_uri needs consent each time';

/**
 * Whether an authorization response to this redirect URI needs consent in the same request, whatever was allowed before: a loopback address
 * or a scheme of an app leads to whichever program of the device has opened the port or registered the scheme (RFC 8252 §8.6). That holds for
 * a confidential client too: a program on the device may bring the code to the site that has the secret. A claimed https address is a proof
 * of the app, and `trust_loopback` the decision of the operator.
 * @param redirectUri one that the client has registered
 */
export function needsConsentEachTime(client: Client, redirectUri: string): boolean {
  const { trustLoopback, loopbackRedirectUris } = clientSettings(client);
  if (trustLoopback) return false;
  return client.applicationType === 'native'
    ? URL.parse(redirectUri)?.protocol !== 'https:'
    : loopbackRedirectUris.includes(redirectUri);
}

/** Of the refusal, for the log. */
export function consentEachTimeDetail({ oidc: { params } }: KoaContextWithOIDC): string {
  return `redirect_uri is ${quoted(params?.redirect_uri)}, on the device of the person; trust_loopback: true of the client lets consent be remembered`;
}
