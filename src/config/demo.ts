import { DEFAULT_SAMPLES, type SampleOrigins } from './samples.ts';
import type { Api, DeclaredClient } from './schema-apis.ts';

/**
 * The demo of a development server: an API with its own client, a web client, a machine client and an account. Rejected in production.
 */

export const DEMO_API: Api = {
  audience: DEFAULT_SAMPLES.api,
  name: 'Sample API',
  scopes: {
    'messages:read': { description: 'Read your messages', sensitive: false },
    'messages:write': { description: 'Write messages in your name', sensitive: false },
  },
  clients: [],
  introspectionClients: ['demo-api'],
  userinfo: true,
  listed: false,
  signingAlgorithm: 'RS256',
  accessTokenType: 'at+jwt',
  accessTokenClaims: [],
};

export const DEMO_CLIENTS: readonly DeclaredClient[] = [
  {
    client_id: 'demo-web',
    client_name: 'Sample App',
    client_secret: 'demo-web-secret',
    ...redirects(DEFAULT_SAMPLES.app),
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: 'openid profile email offline_access messages:read messages:write',
  },
  {
    client_id: 'demo-machine',
    client_name: 'Sample Machine',
    client_secret: 'demo-machine-secret',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: 'messages:read messages:write',
  },
  {
    // May introspect tokens, and nothing else.
    client_id: 'demo-api',
    client_name: 'Sample API',
    client_secret: 'demo-api-secret',
    grant_types: [],
    response_types: [],
    redirect_uris: [],
    scope: '',
  },
];

/** The demo for the configured origins of the samples. */
export function demoFor({ api, app }: SampleOrigins): { api: Api; clients: readonly DeclaredClient[] } {
  return {
    api: { ...DEMO_API, audience: api },
    clients: DEMO_CLIENTS.map((client) =>
      'post_logout_redirect_uris' in client ? Object.assign({}, client, redirects(app)) : client,
    ),
  };
}

function redirects(app: string): { redirect_uris: string[]; post_logout_redirect_uris: string[] } {
  return { redirect_uris: [`${app}/callback`], post_logout_redirect_uris: [`${app}/`] };
}

export const DEMO_ACCOUNT = {
  username: 'alice',
  password: 'wonderland-tea-party',
  claims: {
    name: 'Alice Liddell',
    given_name: 'Alice',
    family_name: 'Liddell',
    preferred_username: 'alice',
    email: 'alice@example.com',
    email_verified: true,
  },
} as const;
