import type { Preset } from './preset.ts';

/** Presets of modules of the Apache HTTP server. */

export const APACHE_PRESETS: Readonly<Record<string, Preset>> = {
  'mod-auth-openidc': {
    title: 'mod_auth_openidc',
    redirectPaths: ['/secure/redirect_uri'],
    postLogoutPaths: ['/signed-out.html'],
    settings: [
      'OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration',
      'OIDCClientID {client_id}',
      'OIDCClientSecret {client_secret}',
      'OIDCRedirectURI {app_url}/secure/redirect_uri',
    ],
  },
  'mod-auth-openidc-api': {
    title: 'mod_auth_openidc as a resource server',
    role: 'api',
    settings: ['OIDCOAuthVerifyJwksUri {issuer}/jwks'],
  },
  'mod-oauth2': {
    title: 'mod_oauth2',
    role: 'api',
    settings: ['OAuth2TokenVerify jwks_uri {issuer}/jwks'],
  },
};
