import type { Grant } from 'oidc-provider';

/**
 * Which APIs a grant is about. The engine's grants know scopes alone, so they cannot say that a person allowed an API without one: a
 * list of Signet's own does, which `validity.ts` has the engine keep.
 */

type GrantOfApis = Grant & { apis?: string[] };

/** @param scopes of that API, also none */
export function addApi(grant: Grant, audience: string, scopes: readonly string[]): void {
  if (scopes.length > 0) grant.addResourceScope(audience, [...scopes]);
  const { apis = [] } = grant as GrantOfApis;
  if (!apis.includes(audience)) (grant as GrantOfApis).apis = [...apis, audience];
}

export function coversApi(grant: Grant, audience: string): boolean {
  // Grants of earlier versions have scopes alone, and the page that listed them named their API.
  return (grant as GrantOfApis).apis?.includes(audience) === true || grant.getResourceScope(audience) !== '';
}

/** What can be compared: whether something was added. */
export function grantContent(grant: Grant): string {
  return JSON.stringify([grant.openid, grant.resources, (grant as GrantOfApis).apis]);
}
