/** Protected resource metadata: lets a client that knows only the URL of this API find the authorization server (RFC 9728). */

export interface ProtectedResource {
  /** Resource identifier, an http(s) URL: the `aud` of the tokens. */
  resource: string;
  issuer: string;
  name: string;
  scopes: readonly string[];
}

/** The well-known path is inserted between host and path (RFC 9728 §3.1). */
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
