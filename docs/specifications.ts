/**
 * What `specifications.md` says of each specification that a feature names (`src/oidc/provider.ts`): whether it is in force, the test that
 * shows it, and the page that describes it. `docs/clients.md` has what the server implements of each.
 */
export interface Specification {
  /** `on`, or the configuration that turns it on. */
  state: string;
  /** Relative to `test`. */
  test: string;
  /** Relative to this folder. */
  page: string;
}

const CLIENTS = 'clients.md';

function on(test: string, page = CLIENTS): Specification {
  return { state: 'on', test, page };
}

function off(key: string, test: string, page = CLIENTS): Specification {
  return { state: `off; \`${key}\``, test, page };
}

/** For clients that register it. */
function byClient(members: string, test: string, page = CLIENTS): Specification {
  return { state: `by client; \`${members}\``, test, page };
}

export const SPECIFICATIONS: Readonly<Record<string, Specification>> = {
  'RFC 6749 §2.3': on('security/d-client-authentication.test.ts'),
  'RFC 6749 §3.1': on('security/c-authorization-request.slow.test.ts'),
  'RFC 6749 §3.2': on('security/d-token-endpoint.test.ts'),
  'RFC 6749 §4.1': on('flows/authorization-code.test.ts'),
  'RFC 6749 §4.4': byClient('grant_types', 'flows/client-credentials.test.ts'),
  'RFC 6749 §6': byClient('grant_types', 'flows/refresh-token.slow.test.ts'),
  'RFC 6750': on('oidc/bearer.slow.test.ts', 'apis.md'),
  'RFC 7009': on('flows/introspection-revocation.test.ts'),
  'RFC 7517': on('flows/key-rotation.test.ts', 'keys.md'),
  'RFC 7523 §2.2': byClient('token_endpoint_auth_method', 'security/e-client-keys.test.ts'),
  'RFC 7591 §2': on('security/properties-client-metadata.slow.test.ts'),
  'RFC 7591 §3': off('registration: open', 'registration/register.test.ts', 'registration.md'),
  'RFC 7592': off('registration: open', 'registration/manage.slow.test.ts', 'registration.md'),
  'draft-ietf-oauth-client-id-metadata-document': off(
    'registration.documents: open',
    'flows/client-id-metadata.slow.test.ts',
    'mcp.md',
  ),
  'RFC 8176': on('flows/requested-authentication.slow.test.ts'),
  'RFC 9101': byClient('jwks', 'flows/request-objects.slow.test.ts'),
  'RFC 9701': byClient('introspection_signed_response_alg', 'flows/introspection-jwt.slow.test.ts'),
  'OpenID Connect Dynamic Client Registration 1.0 §3': off(
    'registration: open',
    'registration/register.test.ts',
    'registration.md',
  ),
  'OpenID Connect Core 1.0 §5.5': on('flows/requested-claims.slow.test.ts'),
  'OpenID Connect Core 1.0 §5.5.1.1': on('flows/requested-authentication.slow.test.ts'),
  'OpenID Connect Core 1.0 §6': byClient('jwks', 'flows/request-objects.slow.test.ts'),
  'OpenID Connect Core 1.0 §8': byClient('subject_type', 'flows/pairwise-subjects.slow.test.ts'),
  'OpenID Connect Back-Channel Logout 1.0': byClient(
    'backchannel_logout_uri',
    'flows/back-channel-logout.slow.test.ts',
  ),
  'RFC 7636': on('security/a-pkce.test.ts'),
  'RFC 7662': on('security/f-introspection.slow.test.ts', 'apis.md'),
  'RFC 8414': on('flows/discovery.test.ts'),
  'RFC 8707': on('security/d-resource-name.test.ts', 'apis.md'),
  'RFC 9068': on('flows/access-token-claims.slow.test.ts', 'apis.md'),
  'RFC 9126': on('security/c-pushed-request.test.ts'),
  'RFC 9470': on('flows/step-up.slow.test.ts', 'apis.md'),
  'RFC 9207': on('flows/authorization-code.test.ts'),
  'RFC 9700 §4.14.2': on('security/f-refresh.slow.test.ts'),
  'RFC 9728 §4': on('flows/listed-apis.test.ts', 'apis.md'),
  'OAuth 2.0 Form Post Response Mode': byClient('response_modes', 'flows/front-channel.slow.test.ts'),
  'OAuth 2.0 Multiple Response Type Encoding Practices': byClient(
    'response_types',
    'flows/response-type.test.ts',
  ),
  'OpenID Connect Core 1.0 §2': on('flows/id-token-claims.test.ts'),
  'OpenID Connect Core 1.0 §3.1.2': on('flows/authorization-code.test.ts'),
  'OpenID Connect Core 1.0 §3.2': byClient('response_types', 'flows/front-channel-tokens.test.ts'),
  'OpenID Connect Core 1.0 §3.3': byClient('response_types', 'flows/front-channel-tokens.test.ts'),
  'OpenID Connect Core 1.0 §4': byClient('initiate_login_uri', 'flows/home.test.ts'),
  'OpenID Connect Core 1.0 §5.3': on('flows/userinfo-api-token.slow.test.ts'),
  'OpenID Connect Discovery 1.0': on('flows/discovery.test.ts'),
  'OpenID Connect Dynamic Client Registration 1.0 §2': on('security/properties-client-metadata.slow.test.ts'),
  'OpenID Connect Front-Channel Logout 1.0': off(
    'logout.frontChannel: true',
    'flows/front-channel-logout.slow.test.ts',
  ),
  'OpenID Connect RP-Initiated Logout 1.0': on('flows/logout.test.ts'),
  'OpenID Connect Session Management 1.0': off(
    'logout.sessionManagement: true',
    'flows/session-management.test.ts',
  ),
};
