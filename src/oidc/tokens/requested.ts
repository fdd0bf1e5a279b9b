import type { KoaContextWithOIDC } from 'oidc-provider';

/** What the parameters of a request name. */

/** The values of `resource`. */
export function resourcesOf({ oidc: { params } }: KoaContextWithOIDC): string[] {
  return [params?.resource ?? []].flat().map(String);
}

/** The values of `scope`. */
export function scopesOf({ oidc: { params } }: KoaContextWithOIDC): ReadonlySet<string> {
  const scope = params?.scope;
  return new Set(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []);
}
