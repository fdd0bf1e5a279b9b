import { CODE_AND_REFRESH, type Preset } from './preset.ts';

/** Presets of packages from PyPI. */

const SIMPLE_JWT = [
  "'ALGORITHM': 'RS256',",
  "'JWK_URL': '{issuer}/jwks',",
  "'ISSUER': '{issuer}',",
  "'USER_ID_CLAIM': 'sub',",
  "'TOKEN_TYPE_CLAIM': None,",
];

export const PYTHON_PRESETS: Readonly<Record<string, Preset>> = {
  'authlib-flask': {
    title: 'Authlib with Flask',
    metadata: CODE_AND_REFRESH,
    redirectPaths: ['/auth'],
    postLogoutPaths: ['/'],
    settings: [
      "client_id='{client_id}',",
      "client_secret='{client_secret}',",
      "server_metadata_url='{issuer}/.well-known/openid-configuration',",
    ],
  },
  'django-allauth': {
    title: 'django-allauth',
    redirectPaths: ['/accounts/oidc/signet/login/callback/'],
    settings: [
      "'OAUTH_PKCE_ENABLED': True,",
      "'provider_id': 'signet',",
      "'client_id': '{client_id}',",
      "'secret': '{client_secret}',",
      "'settings': {'server_url': '{issuer}'},",
    ],
  },
  'drf-simplejwt': { title: 'Django REST framework with Simple JWT', role: 'api', settings: SIMPLE_JWT },
  'drf-simplejwt-users': {
    title: 'Django REST framework with Simple JWT and users of Django',
    role: 'api',
    settings: SIMPLE_JWT,
  },
  fastmcp: {
    title: 'FastMCP',
    metadata: {
      ...CODE_AND_REFRESH,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
    },
    settings: ["client = {'client_id': '{client_id}'}", "issuer = '{issuer}'"],
  },
  'mozilla-django-oidc': {
    title: 'mozilla-django-oidc',
    redirectPaths: ['/oidc/callback/'],
    postLogoutPaths: ['/'],
    settings: [
      "OIDC_RP_CLIENT_ID = '{client_id}'",
      "OIDC_RP_CLIENT_SECRET = '{client_secret}'",
      "OIDC_RP_SIGN_ALGO = 'RS256'",
      "OIDC_OP_JWKS_ENDPOINT = '{issuer}/jwks'",
      "OIDC_OP_AUTHORIZATION_ENDPOINT = '{issuer}/authorize'",
      "OIDC_OP_TOKEN_ENDPOINT = '{issuer}/token'",
      "OIDC_OP_USER_ENDPOINT = '{issuer}/userinfo'",
    ],
  },
  'social-auth-django': {
    title: 'Python Social Auth for Django',
    redirectPaths: ['/complete/oidc/'],
    settings: [
      "SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = '{issuer}'",
      "SOCIAL_AUTH_OIDC_KEY = '{client_id}'",
      "SOCIAL_AUTH_OIDC_SECRET = '{client_secret}'",
    ],
  },
  streamlit: {
    title: 'Streamlit',
    redirectPaths: ['/oauth2callback'],
    postLogoutPaths: ['/oauth2callback'],
    settings: [
      'redirect_uri = "{app_url}/oauth2callback"',
      'client_id = "{client_id}"',
      'client_secret = "{client_secret}"',
      'server_metadata_url = "{issuer}/.well-known/openid-configuration"',
    ],
  },
  synapse: {
    title: 'Synapse (Matrix)',
    redirectPaths: ['/_synapse/client/oidc/callback'],
    settings: ["issuer: '{issuer}'", "client_id: '{client_id}'", "client_secret: '{client_secret}'"],
  },
};
