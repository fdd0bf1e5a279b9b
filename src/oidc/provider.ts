import type { Configuration, Provider } from 'oidc-provider';
import type { Account } from '../accounts/accounts.ts';
import type { Config } from '../config/config.ts';
import { isReservedName } from '../config/reserved-names.ts';
import { ENGINE_ROUTES } from '../http/routes.ts';
import type { ShowPage } from '../http/show-page.ts';
import type { ClientSecretThrottle } from '../limits/client-secret-throttle.ts';
import type { SigningKey } from '../signing/signing-key.ts';
import type { ClientRecord, Store } from '../store/store.ts';
import { accountFinder } from './account-claims.ts';
import { createAdapterFactory } from './adapter.ts';
import { keepNoAnonymousSessions } from './anonymous-sessions.ts';
import { carryToPages, resumeCarriedRequests } from './carried-request.ts';
import { SCOPE_CLAIMS } from './claims.ts';
import { indexApis } from './api-access.ts';
import { cacheClients } from './client-cache.ts';
import {
  assertJwtClientAuthClaimsAndHeader,
  CLIENT_AUTH_ALGORITHMS,
  hardenClientAuthentication,
} from './client-authentication.ts';
import { clientSettings, engineMetadata, EXTRA_METADATA } from './client-settings.ts';
import type { ConsentMemory } from './consent.ts';
import { engineCookies } from './cookies.ts';
import { checkOrigin } from './cross-origin.ts';
import { nameSessions } from './end-session.ts';
import { errorPage } from './error-page.ts';
import { createExplain, type Explain, explainErrors } from './explain.ts';
import { grantLoader } from './grants.ts';
import { CLOCK_TOLERANCE, engineLifetimes, grantLifetime } from './lifetimes.ts';
import { logoutPages } from './logout-pages.ts';
import { interactionPrompts } from './interaction-policy.ts';
import { createRepeatingProvider } from './refresh-replay.ts';
import { requestLimits } from './request-limits.ts';
import { resourceIndicators } from './resources.ts';
import { restrictResponseModes } from './response-modes.ts';
import { RingKey } from './ring-key.ts';
import { tidyScopeParameter } from './scope-parameter.ts';
import { refuseGuessers } from './secret-guessing.ts';
import { keepAuthorizationsApart } from './session-authorizations.ts';
import { checkRefresh, isOwnToken } from './token-policies.ts';
import { checkValidity } from './validity.ts';
import { GRANT_CLAIM, INSTANCE_CLAIM } from './jwt-access-tokens.ts';

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
  showPage: ShowPage;
  /** Epoch milliseconds. */
  clock: () => number;
}

const RS256_ONLY = ['RS256'] as const;

export function createProvider(options: ProviderOptions): Provider {
  const { config, store, clock } = options;
  const explain = config.mode === 'development' ? createExplain(config.apis, store.clients) : undefined;
  const provider = createRepeatingProvider(config.issuer, engineConfiguration(options, explain), {
    artifacts: store.artifacts,
    window: config.lifetimes.refreshReplayWindow,
    clock,
  });
  hardenClientAuthentication(provider, store.artifacts, clock);
  refuseGuessers(provider, options.secretThrottle);
  cacheClients(provider, clock);
  keepAuthorizationsApart(provider);
  checkValidity(provider, options.findAccount);
  resumeCarriedRequests(provider);
  tidyScopeParameter(provider);
  restrictResponseModes(provider);
  keepNoAnonymousSessions(provider);
  nameSessions(provider);
  if (explain !== undefined) explainErrors(provider, explain);
  return provider;
}

function engineConfiguration(options: ProviderOptions, explain: Explain | undefined): Configuration {
  const { config, store, consent, findAccount, findClient, keys, showPage, clock } = options;
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
    routes: ENGINE_ROUTES,
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
        await carryToPages(ctx, interaction);
        return `/interaction/${interaction.uid}`;
      },
    },
    renderError: errorPage(showPage, explain),

    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: isOwnToken },
      revocation: { enabled: true, allowedPolicy: isOwnToken },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: resourceIndicators(apis),
      rpInitiatedLogout: { enabled: true, ...logoutPages(showPage, findAccount) },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    },
    // This version fetches nothing on behalf of anyone.
    fetch: () => Promise.reject(new Error('outbound requests are off')),
  };
}
