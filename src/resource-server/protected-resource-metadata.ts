/** Describes this API to clients that know nothing but its address (RFC 9728). */

export interface ProtectedResource {
  /** The API's identifier, an http(s) URL: the audience of its tokens. */
  resource: string;
  issuer: string;
  name: string;
  scopes: readonly string[];
}

/** RFC 9728 §3.1: the well-known part goes between host and path. */
export function metadataUrl(resource: string): URL {
  const { origin, pathname } = new URL(resource);
  return new URL(`/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`, origin);
}

/** RFC 9728 §2. */
export function metadataDocument({ resource, issuer, name, scopes }: ProtectedResource): object {
  return {
    resource,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    resource_name: name,
  };
}
