import type { Grant } from 'oidc-provider';
import { destinationsIn } from './consent-destination.ts';
import type { RememberedConsent } from './consent-memory.ts';

/**
 * The APIs of a grant. The engine's grants contain scopes only and cannot record consent to an API without scopes; Signet stores a list of
 * APIs with the grant (`engine/generation.ts`).
 */

type GrantOfApis = Grant & { apis?: string[] };

/** @param scopes of that API, also none */
export function addApi(grant: Grant, audience: string, scopes: readonly string[]): void {
  if (scopes.length > 0) grant.addResourceScope(audience, [...scopes]);
  const { apis = [] } = grant as GrantOfApis;
  if (!apis.includes(audience)) (grant as GrantOfApis).apis = [...apis, audience];
}

export function coversApi(grant: Grant, audience: string): boolean {
  // Grants of earlier versions contain scopes only; the consent page that listed them named the API.
  return (grant as GrantOfApis).apis?.includes(audience) === true || grant.getResourceScope(audience) !== '';
}

/** The scopes, claims and APIs of a grant, and where they lead. */
export function consentOf(grant: Grant): RememberedConsent {
  const { apis = [], resources = {} } = grant as GrantOfApis;
  const audiences = new Set([...apis, ...Object.keys(resources)]);
  const destinations = destinationsIn(grant);
  return {
    openid: scopesIn(grant.getOIDCScope()),
    claims: grant.getOIDCClaims(),
    resources: Object.fromEntries(
      Array.from(audiences, (audience) => [audience, scopesIn(grant.getResourceScope(audience))]),
    ),
    ...(destinations && { destinations }),
  };
}

function scopesIn(scope: string): string[] {
  return scope.split(' ').filter(Boolean);
}

/** A text that differs when something was added. */
export function grantContent(grant: Grant): string {
  return JSON.stringify([grant.openid, grant.resources, (grant as GrantOfApis).apis, destinationsIn(grant)]);
}
