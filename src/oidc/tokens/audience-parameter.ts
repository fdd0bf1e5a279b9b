import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { quoted } from '../engine/quoted.ts';
import { type Apis, canonicalResource, findAccess } from './api-access.ts';
import { inferredResource } from './inferred-resource.ts';
import { resourcesOf } from './requested.ts';

/**
 * The `audience` parameter, by which applications of other servers (Auth0's first) name an API. It is no parameter of OAuth 2.0 requests. A
 * value that names no API is rejected and not ignored, because the token would be for something else than the application expects.
 *
 * It selects the API as `resource` does (RFC 8707). Unlike `resource`, it leaves the second audience of the token, userinfo, as it is without
 * `audience` (`userinfo-audience.ts`): applications that send it call userinfo with the token, as they do at those servers.
 */
export const AUDIENCE_PARAMETER = 'audience';

/** Requests whose `resource` was set for `audience` alone. */
const withoutResource = new WeakSet<KoaContextWithOIDC['oidc']>();

/** Whether the client has sent `resource`. */
export function hasResource({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.params?.resource !== undefined && !withoutResource.has(oidc);
}

/**
 * Replaces `audience` by `resource`. Idempotent.
 * @param isStored whether a code will be issued for the request: the mark of an API that `resource` did not name is stored with it
 * @throws InvalidTarget
 */
export function applyAudience(ctx: KoaContextWithOIDC, apis: Apis, isStored: boolean): void {
  const { params, client } = ctx.oidc;
  const sent = params?.[AUDIENCE_PARAMETER];
  // The engine has rejected a list.
  if (params === undefined || client === undefined || typeof sent !== 'string') return;
  const audience = canonicalResource(apis, sent);
  if (!apis.byAudience.has(audience)) {
    throw new errors.InvalidTarget(
      'audience is not a declared API',
      `audience is ${quoted(sent)}; declare that API in apis, or send no audience`,
    );
  }
  if (findAccess(apis, client, audience) === undefined) {
    throw new errors.InvalidTarget(
      'audience is not allowed for this client',
      `${client.clientId} is registered for no scope of ${quoted(audience)}, and is not in its clients`,
    );
  }
  if (resourcesOf(ctx).some((resource) => resource !== audience)) {
    throw new errors.InvalidTarget(
      'audience and resource name different APIs',
      `audience is ${quoted(sent)}, resource is ${quoted(params.resource)}; send one of them`,
    );
  }
  if (params.resource === undefined) {
    withoutResource.add(ctx.oidc);
    params.resource = isStored ? inferredResource(audience) : audience;
  }
  params[AUDIENCE_PARAMETER] = undefined;
}
