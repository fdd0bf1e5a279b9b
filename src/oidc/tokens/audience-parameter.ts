import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { quoted } from '../engine/quoted.ts';
import { type Apis, canonicalResource, findAccess } from './api-access.ts';
import { resourcesOf } from './requested.ts';

/**
 * The `audience` parameter, by which applications of other servers (Auth0's first) name an API. It is no parameter of OAuth 2.0 requests,
 * and has the meaning of one `resource` (RFC 8707): the request continues as if it had sent that. A value that names no API is rejected and
 * not ignored, because the token would be for something else than the application expects.
 */
export const AUDIENCE_PARAMETER = 'audience';

/**
 * Replaces `audience` by `resource`. Idempotent.
 * @throws InvalidTarget
 */
export function applyAudience(ctx: KoaContextWithOIDC, apis: Apis): void {
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
  params.resource = audience;
  params[AUDIENCE_PARAMETER] = undefined;
}
