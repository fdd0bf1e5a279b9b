import type { ClaimsParameter, KoaContextWithOIDC, Provider } from 'oidc-provider';

/**
 * Whether the API of a token was inferred from the scopes or the `audience` of the authorization request, or the client named it with
 * `resource`. The engine sets `resource` to an inferred API and does not tell the two apart later, so they are recorded:
 *
 *     parameters of the request      resource: [API]   a list of one; a client that names one API sends a text
 *              │ accepted
 *              ▼
 *     code ──▶ refresh tokens        claims: { inferred_resource: true }
 *
 * The engine copies `claims` from the code to each refresh token and reads two other members of it (OpenID Connect Core §5.5). A request or
 * token of an earlier version has no such mark and counts as one with `resource`.
 */

type MarkedClaims = ClaimsParameter & { inferred_resource?: true };
type Parameters = Readonly<Record<string, unknown>>;

/** The value of the parameter `resource` for an inferred API. */
export function inferredResource(audience: string): readonly string[] {
  return [audience];
}

function isInferred({ resource }: Parameters): boolean {
  return Array.isArray(resource) && resource.length === 1;
}

/** The parameters of a request that means the same: a repeated request is read like one from a client, where `resource` is explicit. */
export function withoutInferredResource({ resource, ...others }: Parameters): Parameters {
  if (resource === undefined) return others;
  return isInferred({ resource })
    ? { ...others, audience: (resource as string[])[0] }
    : { ...others, resource };
}

/** Marks the code of an authorization request. */
export function markInferredResources(provider: Provider): void {
  provider.on('authorization.accepted', ({ oidc }: KoaContextWithOIDC) => {
    const { inferred_resource: _sent, ...claims } = (oidc.claims ?? {}) as MarkedClaims;
    const marked: MarkedClaims = isInferred(oidc.params ?? {})
      ? { ...claims, inferred_resource: true }
      : claims;
    Object.assign(oidc, { claims: marked });
  });
}

/** @param source a code or refresh token */
export function hasInferredResource({ claims }: { claims?: MarkedClaims | undefined }): boolean {
  return claims?.inferred_resource === true;
}
