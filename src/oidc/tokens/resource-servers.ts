import { type Configuration, errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import { requestsAccessToken } from '../authorization/front-channel.ts';
import type { Feature, GrantPolicy } from '../feature.ts';
import type { ApiAccess, Apis } from './api-access.ts';
import { requireAccess } from './api-access.ts';
import { inferredResource, markInferredResources } from './inferred-resource.ts';
import { applyAudience, AUDIENCE_PARAMETER } from './audience-parameter.ts';
import { narrowedRefresh } from './narrowed-refresh.ts';
import { narrowScope } from './narrowed-scope.ts';
import { resourcesOf, scopesOf } from './requested.ts';
import { resolveScope, type ScopePolicy, type ScopeRequest } from './scope.ts';

/**
 * Declared APIs as the engine's resource servers. The engine asks for the resource of a request that names none, then for each resource;
 * `scope.ts` answers both.
 */
export const resourceIndicators: Feature = {
  spec: ['RFC 8707'],
  configure: ({ apis, grantPolicy }) => ({
    // Without a check of its own: it is checked with `resource`.
    extraParams: { [AUDIENCE_PARAMETER]: null },
    features: { resourceIndicators: resourceServers(apis, grantPolicy) },
  }),
  extend: markInferredResources,
};

/** For a request for several APIs. */
const MAX_RESOURCES = 20;

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>;

function resourceServers(apis: Apis, grantPolicy: GrantPolicy): ResourceIndicators {
  return {
    enabled: true,
    defaultResource: (ctx, client, oneOf) => {
      // An inferred API is a list of one.
      if (oneOf !== undefined) return oneOf.length === 1 ? oneOf[0]! : oneOf;
      const policy = policyOf(ctx, grantPolicy);
      adjustParameters(ctx, apis, policy);
      // Named by `audience`.
      const named = ctx.oidc.params?.resource as string | readonly string[] | undefined;
      if (named !== undefined) return named;
      const request = scopeRequest(ctx, policy);
      const [access] = resolveScope(apis, { ...request, client, resources: [] }).accesses;
      const audience = access?.api.audience;
      return audience === undefined || policy === 'client' ? audience : inferredResource(audience);
    },
    // A client that asked for an API gets a token for it, whether or not it repeats `resource` (RFC 8707 §2.2).
    useGrantedResource: (ctx) => narrowedRefresh(ctx) === undefined,
    getResourceServerInfo: (ctx, resource, client) => {
      limitResources(ctx);
      const policy = policyOf(ctx, grantPolicy);
      adjustParameters(ctx, apis, policy);
      const request = scopeRequest(ctx, policy);
      // The default scopes are those of all resources; everything else is resolved for one resource at a time.
      const isCompleted = policy === 'authorization' && request.scopes.size === 0;
      const access = requireAccess(apis, client, resource);
      const resources = isCompleted ? resourcesOf(ctx) : [resource];
      const { scopes } = resolveScope(apis, { ...request, client, resources });
      // Before anyone signs in, so that pages and tokens are about the scopes that are then requested.
      if (isCompleted || policy === 'client') ctx.oidc.params!.scope = scopes.join(' ') || undefined;
      return resourceServerInfo(access);
    },
  };
}

/** The engine resolves each resource before it calls the checks of the authorization endpoint. @throws InvalidTarget */
function limitResources(ctx: KoaContextWithOIDC): void {
  if (resourcesOf(ctx).length > MAX_RESOURCES)
    throw new errors.InvalidTarget(`at most ${MAX_RESOURCES} resources can be named`);
  // The engine says so when the person has signed in.
  if (requestsAccessToken(ctx) && resourcesOf(ctx).length > 1)
    throw new errors.InvalidTarget('only one resource can be named where the response has an access token');
}

/** How the engine signs tokens for an API. */
export function resourceServerInfo({ api, scopes }: ApiAccess): ResourceServer {
  return {
    audience: api.audience,
    scope: scopes.join(' '),
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: api.signingAlgorithm } },
    ...(api.accessTokenLifetime !== undefined && { accessTokenTTL: api.accessTokenLifetime }),
  };
}

/**
 * Gives a request the parameters that it continues with, and that are stored: `resource` for `audience`, and of OpenID Connect scopes those
 * that the client may have. Idempotent.
 * @throws InvalidTarget
 */
export function adjustParameters(ctx: KoaContextWithOIDC, apis: Apis, policy: ScopePolicy): void {
  applyAudience(ctx, apis, policy === 'authorization');
  if (policy !== 'client') narrowScope(ctx, apis);
}

function scopeRequest(
  ctx: KoaContextWithOIDC,
  policy: ScopePolicy,
): Pick<ScopeRequest, 'policy' | 'scopes' | 'dropped'> {
  const sent = (ctx.oidc.body ?? ctx.query).scope;
  const dropped = policy === 'authorization' && typeof sent === 'string' && /[^ ]/.test(sent);
  return { policy, scopes: scopesOf(ctx), dropped: dropped ? sent : undefined };
}

/** A request that resumes after a sign-in has its scopes already. */
function policyOf({ oidc: { route, params } }: KoaContextWithOIDC, grantPolicy: GrantPolicy): ScopePolicy {
  switch (route) {
    case 'authorization':
    case 'pushed_authorization_request':
      return 'authorization';
    case 'token':
      return grantPolicy(String(params?.grant_type));
    default:
      return 'granted';
  }
}
