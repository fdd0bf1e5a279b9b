import { Provider } from 'oidc-provider';
import { ACCOUNT, API, MACHINE_CLIENT, WEB_CLIENT } from '../servers/fixture.ts';
import { loginPages } from './login.ts';
import { loadSigningKey } from './signing-key.ts';

/**
 * oidc-provider set up to do what Signet does in the measured scenarios: RS256 JWT access tokens for one API, PKCE, refresh
 * tokens rotated at every use, introspection, consent skipped for the one trusted client. Every function whose default
 * asks to be replaced is replaced, by the cheapest that is correct.
 */
export async function createPlainProvider(issuer: string, directory: string): Promise<Provider> {
  const provider = new Provider(issuer, {
    clients: [MACHINE_CLIENT, WEB_CLIENT],
    jwks: { keys: [await loadSigningKey(directory)] },
    cookies: { keys: ['a cookie key of the measurement only'] },
    scopes: ['openid', 'offline_access', ...API.scopes],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    allowOmittingSingleRegisteredRedirectUri: false,
    responseTypes: ['code'],
    routes: { authorization: '/authorize', introspection: '/introspect' },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience: API.audience,
          scope: API.scopes.join(' '),
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      ClientCredentials: 300,
      Grant: 90 * 86_400,
      IdToken: 3600,
      Interaction: 900,
      RefreshToken: 30 * 86_400,
      Session: 14 * 86_400,
    },
    findAccount: (_ctx, id) =>
      id === ACCOUNT.login ? { accountId: id, claims: () => ({ sub: id }) } : undefined,
    // The documented way to skip consent for a client of one's own.
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc;
      if (client === undefined || session === undefined) return undefined;
      const grantId = ctx.oidc.result?.consent?.grantId ?? session.grantIdFor(client.clientId);
      if (grantId !== undefined) return ctx.oidc.provider.Grant.find(grantId);
      const { accountId } = session;
      if (accountId === undefined) return undefined;
      const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId });
      grant.addOIDCScope(['openid', 'offline_access', ...API.scopes].join(' '));
      grant.addResourceScope(API.audience, API.scopes.join(' '));
      await grant.save();
      return grant;
    },
  });
  provider.use(loginPages(provider));
  return provider;
}
