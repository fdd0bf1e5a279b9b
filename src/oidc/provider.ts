import type { Configuration, Provider } from 'oidc-provider';
import type { Account } from '../accounts/accounts.ts';
import type { Config } from '../config/config.ts';
import { isReservedName } from '../config/reserved-names.ts';
import { interactionPath, PATHS } from '../http/paths.ts';
import type { RenderPage } from '../pages/render.ts';
import type { ClientSecretThrottle } from '../limits/client-secret-throttle.ts';
import type { SigningKey } from '../signing/signing-key.ts';
import type { ClientRecord, Store } from '../store/store.ts';
import { accountFinder } from './engine/find-account.ts';
import { createAdapterFactory } from './engine/adapter.ts';
import { skipAnonymousSessions } from './engine/session.ts';
import { setRequestCookie, resumeFromRequestCookie } from './authorization/request-cookie.ts';
import { SCOPE_CLAIMS } from './engine/claims.ts';
import { indexApis } from './tokens/api-access.ts';
import { cacheClients } from './engine/client-cache.ts';
import {
  assertJwtClientAuthClaimsAndHeader,
  CLIENT_AUTH_ALGORITHMS,
  hardenClientAuthentication,
} from './client-auth/client-authentication.ts';
import { clientSettings, engineMetadata, EXTRA_METADATA } from './engine/client-settings.ts';
import type { ConsentMemory } from './authorization/consent-memory.ts';
import { useParsedForm } from './engine/request-body.ts';
import { engineCookies } from './engine/cookies.ts';
import { checkOrigin } from './engine/cross-origin.ts';
import { includeSidInIdTokens } from './logout/end-session.ts';
import { errorPage } from './engine/error-page.ts';
import { createExplain, type Explain, explainErrors } from './engine/explain.ts';
import { grantLoader } from './authorization/consent-grant.ts';
import { CLOCK_TOLERANCE, engineLifetimes, grantLifetime } from './engine/lifetimes.ts';
import { logoutPages } from './logout/rp-initiated.ts';
import { interactionPrompts } from './authorization/prompts.ts';
import { createRefreshReplay } from './grants/refresh-replay.ts';
import { createInterceptedProvider } from './engine/intercepted-provider.ts';
import { requestLimits } from './authorization/limits.ts';
import { resourceIndicators } from './tokens/resource-servers.ts';
import { responseModeHandlers, restrictResponseModes } from './authorization/response-modes.ts';
import { RingKey } from './engine/signing-key.ts';
import { normalizeScopeParameter } from './engine/scope-parameter.ts';
import { throttleClientSecrets } from './client-auth/throttling.ts';
import { isolateAuthorizations } from './engine/session-authorizations.ts';
import { checkRefresh, isOwnToken } from './tokens/policies.ts';
import { checkGeneration } from './engine/generation.ts';
import { GRANT_CLAIM, INSTANCE_CLAIM } from './tokens/jwt-access-tokens.ts';

/**
 * The OAuth 2.0 and OpenID Connect engine, configured. Only this folder knows oidc-provider. Keys are fixed for the life of a
 * provider: to rotate them, build another one beside it and swap.
 */
export interface ProviderOptions {
  config: Config;
  store: Store;
  consent: ConsentMemory;
  findAccount: (id: string) => Promise<Account | undefined>;
  findClient: (id: string) => Promise<ClientRecord | undefined>;
  secretThrottle: ClientSecretThrottle;
  /** The one that signs first. */
  keys: readonly SigningKey[];
  renderPage: RenderPage;
  /** Epoch milliseconds. */
  clock: () => number;
}

const RS256_ONLY = ['RS256'] as const;

export function createProvider(options: ProviderOptions): Provider {
  const { config, store, clock } = options;
  const explain = config.mode === 'development' ? createExplain(config.apis, store.clients) : undefined;
  const window = config.lifetimes.refreshReplayWindow;
  const replay =
    window === 0 ? undefined : createRefreshReplay({ artifacts: store.artifacts, window, clock });
  const provider = createInterceptedProvider(config.issuer, engineConfiguration(options, explain), {
    grantTypes: replay === undefined ? {} : { refresh_token: replay.wrapGrant },
    responseModes: responseModeHandlers(options.renderPage),
  });
  replay?.extend(provider);
  hardenClientAuthentication(provider, store.artifacts, clock);
  throttleClientSecrets(provider, options.secretThrottle);
  cacheClients(provider, clock);
  useParsedForm(provider);
  isolateAuthorizations(provider);
  checkGeneration(provider, options.findAccount);
  resumeFromRequestCookie(provider);
  normalizeScopeParameter(provider);
  restrictResponseModes(provider);
  skipAnonymousSessions(provider);
  includeSidInIdTokens(provider);
  if (explain !== undefined) explainErrors(provider, explain);
  return provider;
}

function engineConfiguration(options: ProviderOptions, explain: Explain | undefined): Configuration {
  const { config, store, consent, findAccount, findClient, keys, renderPage, clock } = options;
  const { lifetimes } = config;
  const apis = indexApis(config.apis);
  return {
    adapter: createAdapterFactory({
      artifacts: store.artifacts,
      findClient: async (id) => {
        const client = isReservedName(id) ? undefined : await findClient(id);
        return client === undefined ? undefined : engineMetadata(client);
      },
      clock,
      revocationLifetime: grantLifetime(lifetimes),
    }),
    jwks: { keys: keys.map((key) => new RingKey(key)) },
    routes: PATHS,
    cookies: engineCookies(config.issuer.startsWith('https:')),
    ttl: engineLifetimes(lifetimes),
    clockTolerance: CLOCK_TOLERANCE,

    scopes: ['openid', 'offline_access'],
    claims: { ...SCOPE_CLAIMS, acr: null, auth_time: null, iss: null, sid: null },
    conformIdTokenClaims: false,
    findAccount: accountFinder(findAccount),
    subjectTypes: ['public'],

    responseTypes: ['code'],
    pkce: {
      required: (_ctx, client) => client.clientAuthMethod === 'none' || clientSettings(client).requirePkce,
    },
    extraParams: requestLimits,
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    assertJwtClientAuthClaimsAndHeader,
    extraClientMetadata: { properties: EXTRA_METADATA },
    clientBasedCORS: checkOrigin,
    enabledJWA: {
      clientAuthSigningAlgValues: CLIENT_AUTH_ALGORITHMS,
      idTokenSigningAlgValues: RS256_ONLY,
      userinfoSigningAlgValues: RS256_ONLY,
      introspectionSigningAlgValues: RS256_ONLY,
      authorizationSigningAlgValues: RS256_ONLY,
    },

    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: (ctx) => {
      checkRefresh(ctx, apis);
      return true;
    },
    expiresWithSession: (_ctx, token) => !token.scopes.has('offline_access'),
    extraTokenClaims: ({ oidc: { client } }, token) => {
      if (token.kind !== 'AccessToken')
        return { [INSTANCE_CLAIM]: client && clientSettings(client).instance };
      return token.aud === undefined ? undefined : { [GRANT_CLAIM]: token.grantId };
    },
    loadExistingGrant: grantLoader(
      consent,
      { grant: grantLifetime(lifetimes), refreshTokenFamily: lifetimes.refreshTokenFamily },
      clock,
    ),

    interactions: {
      policy: interactionPrompts(),
      url: async (ctx, interaction) => {
        await setRequestCookie(ctx, interaction);
        return interactionPath(interaction.uid);
      },
    },
    renderError: errorPage(renderPage, explain),

    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: isOwnToken },
      revocation: { enabled: true, allowedPolicy: isOwnToken },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: resourceIndicators(apis),
      rpInitiatedLogout: { enabled: true, ...logoutPages(renderPage, findAccount) },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    },
    // This version fetches nothing on behalf of anyone.
    fetch: () => Promise.reject(new Error('outbound requests are off')),
  };
}
