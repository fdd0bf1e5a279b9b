import type { Provider } from 'oidc-provider';
import type { GrantType } from '../clients/grant-types.ts';
import { authorizationEndpoint } from './authorization/authorization-endpoint.ts';
import { claimsParameter } from './authorization/claims-parameter.ts';
import { requestFinisher } from './authorization/finish-request.ts';
import { emitTokens } from './authorization/front-channel.ts';
import { pushedRequests } from './authorization/pushed-requests.ts';
import { requestObjects } from './authorization/request-objects.ts';
import { authenticationContext } from './authorization/requested-authentication.ts';
import { responseModeHandlers } from './authorization/response-modes.ts';
import { withholdErrors } from './authorization/withheld-redirect.ts';
import { clientAuthentication } from './client-auth/client-authentication.ts';
import { symmetricKeys } from './client-auth/symmetric-keys.ts';
import { cacheClients } from './engine/client-cache.ts';
import { clientInformation } from './engine/client-information.ts';
import { discovery } from './engine/discovery.ts';
import { engineConfiguration, mergeConfigurations } from './engine/engine-configuration.ts';
import { errorPage } from './engine/error-page.ts';
import { createExplain, explainErrors } from './engine/explain.ts';
import { accelerateModels } from './engine/fast-models.ts';
import { checkGeneration } from './engine/generation.ts';
import { applyLoginOnce } from './engine/login-result.ts';
import { createInterceptedProvider, type GrantHandler } from './engine/intercepted-provider.ts';
import { useParsedForm } from './engine/request-body.ts';
import { normalizeParameters } from './engine/normalized-parameters.ts';
import { pairwiseSalt } from './engine/pairwise-salt.ts';
import { createSubjects } from './engine/subjects.ts';
import { isolateAuthorizations } from './engine/session-authorizations.ts';
import { rememberAccounts } from './engine/request-memo.ts';
import { sessionPolicy } from './engine/session-policy.ts';
import { saveSessionsByVersion } from './engine/session.ts';
import type { Feature, FeatureContext, Grant, ProviderOptions } from './feature.ts';
import { commitGrant } from './grants/commit.ts';
import * as grants from './grants/grants.ts';
import { createRefreshReplay } from './grants/refresh-replay.ts';
import { tokenEndpoint } from './grants/token-endpoint.ts';
import { backChannelLogout } from './logout/back-channel.ts';
import { frontChannelLogout } from './logout/front-channel.ts';
import { rpInitiatedLogout } from './logout/logout.ts';
import { clientIdMetadata } from './registration/client-id-metadata.ts';
import { sessionEndJobs } from './logout/session-end-jobs.ts';
import { addSessionState, sessionManagement } from './logout/session-management.ts';
import { dynamicRegistration } from './registration/dynamic.ts';
import { canonicalResource, indexApis } from './tokens/api-access.ts';
import { AUDIENCE_PARAMETER } from './tokens/audience-parameter.ts';
import { groupClaims } from './tokens/group-claims.ts';
import { idTokens } from './tokens/id-token.ts';
import { pairwiseSubjects } from './tokens/pairwise-subjects.ts';
import { introspection } from './tokens/introspection.ts';
import { jwtAccessTokens } from './tokens/jwt-profile.ts';
import { adjustParameters, resourceIndicators } from './tokens/resource-servers.ts';
import { ignoringOfflineAccess } from './tokens/narrowed-scope.ts';
import { revocation } from './tokens/revocation.ts';
import { userinfo } from './tokens/userinfo.ts';

/** The list of features: all of the protocol that this server speaks. */

/** One for each grant type that a client can register. */
const GRANTS: { readonly [Type in GrantType]: Grant<Type> } = grants;

export const FEATURES: readonly Feature[] = [
  discovery,
  clientInformation,
  clientAuthentication,
  authorizationEndpoint,
  claimsParameter,
  authenticationContext,
  pushedRequests,
  requestObjects,
  tokenEndpoint,
  ...Object.values(GRANTS),
  resourceIndicators,
  jwtAccessTokens,
  idTokens,
  groupClaims,
  pairwiseSubjects,
  userinfo,
  introspection,
  revocation,
  rpInitiatedLogout,
  backChannelLogout,
  frontChannelLogout,
  sessionManagement,
  dynamicRegistration,
  clientIdMetadata,
];

export function featureContext(options: ProviderOptions): FeatureContext {
  const policies = new Map<string, Grant['policy']>(
    Object.values(GRANTS).map(({ grantType, policy }) => [grantType, policy]),
  );
  const { artifacts } = options.store;
  const findAccount = rememberAccounts(artifacts, options.findAccount);
  return {
    ...options,
    findAccount,
    isSessionOver: sessionPolicy({ ...options, findAccount }),
    finishRequest: requestFinisher(artifacts, options.config),
    subjects: createSubjects(pairwiseSalt(artifacts, options.sealer)),
    apis: indexApis(options.config.apis),
    grantPolicy: (grantType) => policies.get(grantType) ?? 'client',
  };
}

/** The engine (oidc-provider), configured and extended by all features. */
export function createProvider(context: FeatureContext): Provider {
  const { config, store, renderPage, clock } = context;
  const { artifacts } = store;
  const explain = config.mode === 'development' ? createExplain(config.apis, store.clients) : undefined;
  const configuration = mergeConfigurations([
    engineConfiguration(context),
    { renderError: errorPage(renderPage, explain) },
    ...FEATURES.flatMap((feature) => feature.configure?.(context) ?? []),
  ]);
  const window = config.lifetimes.refreshReplayWindow;
  const replay = window === 0 ? undefined : createRefreshReplay({ artifacts, window, clock });
  const commit = commitGrant(artifacts);
  const wrapRefresh = (handler: GrantHandler): GrantHandler => {
    const refresh = ignoringOfflineAccess(handler);
    return replay === undefined ? commit(refresh) : replay.wrapGrant(refresh);
  };
  const provider: Provider = createInterceptedProvider(config.issuer, configuration, {
    grantParameters: [AUDIENCE_PARAMETER],
    wrapGrant: (grantType, handler) => {
      const committed = grantType === 'refresh_token' ? wrapRefresh(handler) : commit(handler);
      return async (ctx) => {
        adjustParameters(ctx, context.apis, context.grantPolicy(grantType));
        await committed(ctx);
      };
    },
    responseModes: responseModeHandlers(renderPage),
    addToResponse: config.logout.sessionManagement ? addSessionState(config.issuer) : undefined,
    beforeResponse: async (ctx, parameters) => {
      await context.finishRequest(ctx, 'response');
      emitTokens(provider, ctx, parameters);
    },
    withholdError: withholdErrors(renderPage, config),
  });
  replay?.extend(provider);
  accelerateModels(provider);
  cacheClients(provider, clock, symmetricKeys(context.sealer, clock));
  useParsedForm(provider);
  isolateAuthorizations(provider);
  checkGeneration(provider, context.findAccount);
  applyLoginOnce(provider);
  normalizeParameters(provider, (resource) => canonicalResource(context.apis, resource));
  saveSessionsByVersion(provider, {
    artifacts,
    clock,
    issuer: config.issuer,
    endJobs: sessionEndJobs(context.sealer),
    jobs: store.jobs,
  });
  for (const feature of FEATURES) feature.extend?.(provider, context);
  if (explain !== undefined) explainErrors(provider, explain);
  return provider;
}
