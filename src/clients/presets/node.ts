import { CODE_AND_REFRESH, type Preset } from './preset.ts';

/** Presets of packages from npm. */

export const NODE_PRESETS: Readonly<Record<string, Preset>> = {
  'openid-client': {
    title: 'openid-client 6',
    metadata: CODE_AND_REFRESH,
    redirectPaths: ['/callback'],
    postLogoutPaths: ['/'],
    settings: [
      "const issuer = new URL('{issuer}');",
      "const clientId = '{client_id}';",
      "const clientSecret = '{client_secret}';",
      "const appUrl = '{app_url}';",
    ],
  },
  'openid-client-5': {
    title: 'openid-client 5',
    metadata: CODE_AND_REFRESH,
    redirectPaths: ['/cb'],
    postLogoutPaths: ['/'],
    settings: [
      "const clientId = '{client_id}';",
      "const clientSecret = '{client_secret}';",
      "const issuer = await Issuer.discover('{issuer}');",
      "const appUrl = '{app_url}';",
    ],
  },
  oauth4webapi: {
    title: 'oauth4webapi',
    metadata: CODE_AND_REFRESH,
    redirectPaths: ['/callback'],
    settings: [
      "const issuer = new URL('{issuer}');",
      "const client = { client_id: '{client_id}' };",
      "const clientAuth = oauth.ClientSecretBasic('{client_secret}');",
      "const appUrl = '{app_url}';",
    ],
  },
  'auth-js': {
    title: 'Auth.js',
    redirectPaths: ['/auth/callback/signet'],
    settings: [
      "id: 'signet',",
      "type: 'oidc',",
      "issuer: '{issuer}',",
      "clientId: '{client_id}',",
      "clientSecret: '{client_secret}',",
    ],
  },
  'next-auth-4': {
    title: 'NextAuth.js 4',
    redirectPaths: ['/api/auth/callback/signet'],
    settings: [
      "id: 'signet',",
      "type: 'oauth',",
      "wellKnown: '{issuer}/.well-known/openid-configuration',",
      "clientId: '{client_id}',",
      "clientSecret: '{client_secret}',",
      'idToken: true,',
      "checks: ['pkce', 'state'],",
    ],
  },
  'express-openid-connect': {
    title: 'express-openid-connect',
    metadata: CODE_AND_REFRESH,
    redirectPaths: ['/callback'],
    postLogoutPaths: [''],
    settings: [
      "issuerBaseURL: '{issuer}',",
      "baseURL: '{app_url}',",
      "clientID: '{client_id}',",
      "clientSecret: '{client_secret}',",
      "response_type: 'code',",
    ],
  },
  'passport-openidconnect': {
    title: 'passport-openidconnect',
    metadata: { token_endpoint_auth_method: 'client_secret_post' },
    redirectPaths: ['/cb'],
    settings: [
      "issuer: '{issuer}',",
      "authorizationURL: '{issuer}/authorize',",
      "tokenURL: '{issuer}/token',",
      "userInfoURL: '{issuer}/userinfo',",
      "clientID: '{client_id}',",
      "clientSecret: '{client_secret}',",
      "callbackURL: '{app_url}/cb',",
      'nonce: true,',
    ],
  },
  'oidc-client-ts': {
    title: 'oidc-client-ts',
    metadata: { ...CODE_AND_REFRESH, token_endpoint_auth_method: 'none' },
    redirectPaths: ['/callback.html'],
    postLogoutPaths: ['/'],
    settings: [
      "authority: '{issuer}',",
      "client_id: '{client_id}',",
      "redirect_uri: '{app_url}/callback.html',",
      "post_logout_redirect_uri: '{app_url}/',",
    ],
  },
  'keycloak-js': {
    title: 'keycloak-js',
    // It reads refresh tokens as JWTs, which those of Signet are not.
    metadata: { grant_types: ['authorization_code'], token_endpoint_auth_method: 'none' },
    redirectPaths: ['/'],
    postLogoutPaths: ['/'],
    settings: ["oidcProvider: '{issuer}',", "clientId: '{client_id}',", "const redirectUri = '{app_url}/';"],
  },
  'fastify-oauth2': {
    title: '@fastify/oauth2',
    metadata: CODE_AND_REFRESH,
    redirectPaths: ['/login/callback'],
    settings: [
      "id: '{client_id}',",
      "secret: '{client_secret}',",
      "callbackUri: '{app_url}/login/callback',",
      "discovery: { issuer: '{issuer}' },",
    ],
  },
  'express-oauth2-jwt-bearer': {
    title: 'express-oauth2-jwt-bearer',
    role: 'api',
    settings: ["issuerBaseURL: '{issuer}',"],
  },
  'mcp-sdk': {
    title: 'the TypeScript SDK of the Model Context Protocol',
    metadata: {
      ...CODE_AND_REFRESH,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
    },
    settings: ["clientInformation: () => ({ client_id: '{client_id}' }),", "const issuer = '{issuer}';"],
  },
};
