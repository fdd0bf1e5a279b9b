import type { JWK } from 'jose';
import type { ConfigInput } from '../../src/config/schema.ts';
import type { ClientAuthentication, Plan } from './plans.ts';

/**
 * The static clients of the plans. A plan has two, and a third for the module that authenticates with `client_secret_post` whatever the plan
 * says. Their addresses are those of the suite under the alias of the plan.
 */

type DeclaredClient = NonNullable<ConfigInput['clients']>[number];

const SCOPE = 'openid profile email address phone';

/** What clients keep to themselves, made when it is first needed. */
export interface ClientCredentials {
  secretOf(clientId: string): string;
  /** The private key, with its `kid` and `alg`. */
  keyOf(clientId: string): JWK;
}

interface StaticClient {
  /** Its member of the plan file. */
  member: 'client' | 'client2' | 'client_secret_post';
  id: string;
  authentication: ClientAuthentication;
}

function staticClients({ name, clients, authentication }: Plan): StaticClient[] {
  if (clients !== 'static') return [];
  return [
    { member: 'client', id: name, authentication },
    { member: 'client2', id: `${name}-2`, authentication },
    { member: 'client_secret_post', id: `${name}-post`, authentication: 'client_secret_post' },
  ];
}

/** Of the plan file. */
export function clientsForSuite(plan: Plan, credentials: ClientCredentials): Record<string, object> {
  if (plan.clients === 'dynamic') {
    return { client: { client_name: 'Suite, first' }, client2: { client_name: 'Suite, second' } };
  }
  return Object.fromEntries(
    staticClients(plan).map(({ member, id, authentication }) => {
      return [
        member,
        {
          client_id: id,
          ...(authentication.startsWith('client_secret_') && { client_secret: credentials.secretOf(id) }),
          ...(authentication === 'client_secret_jwt' && { client_secret_jwt_alg: 'HS256' }),
          ...(authentication === 'private_key_jwt' && { jwks: { keys: [credentials.keyOf(id)] } }),
        },
      ];
    }),
  );
}

/**
 * Of the configuration of the server.
 * @param suite base address of the suite, without a slash at the end
 */
export function declaredClients(plan: Plan, suite: string, credentials: ClientCredentials): DeclaredClient[] {
  const address = (path: string): string => `${suite}/test/a/${plan.name}/${path}`;
  const grants = grantTypes(plan);
  const shared = {
    redirect_uris: [address('callback')],
    post_logout_redirect_uris: [address('post_logout_redirect')],
    grant_types: grants,
    response_types: [...plan.responseTypes],
    scope: grants.includes('refresh_token') ? `${SCOPE} offline_access` : SCOPE,
    // The claims of scopes are at userinfo (OpenID Connect Core §5.4).
    id_token_claims: false,
    ...logoutChannel(plan, address),
  };
  return staticClients(plan).map(({ id, authentication }) =>
    Object.assign(
      { client_id: id, client_name: `Conformance ${id}` },
      shared,
      authenticationMembers(id, authentication, credentials),
    ),
  );
}

function grantTypes({ responseTypes }: Plan): string[] {
  const withCode = responseTypes.some((type) => type.includes('code'));
  const frontChannel = responseTypes.some((type) => type.includes('token'));
  return [
    ...(withCode ? ['authorization_code', 'refresh_token'] : []),
    ...(frontChannel ? ['implicit'] : []),
  ];
}

function logoutChannel({ name }: Plan, address: (path: string) => string): object {
  if (name.startsWith('backchannel-')) {
    return {
      backchannel_logout_uri: address('backchannel_logout'),
      backchannel_logout_session_required: true,
    };
  }
  if (name.startsWith('frontchannel-')) {
    return {
      frontchannel_logout_uri: address('frontchannel_logout'),
      frontchannel_logout_session_required: true,
    };
  }
  return {};
}

function authenticationMembers(
  id: string,
  authentication: ClientAuthentication,
  credentials: ClientCredentials,
): object {
  const method = { token_endpoint_auth_method: authentication };
  if (authentication === 'none') return method;
  // In assertions the suite names the token endpoint, as OpenID Connect Core §9 does.
  const audience = authentication.endsWith('_jwt') && { assertion_audience: 'legacy' };
  if (authentication !== 'private_key_jwt')
    return { ...method, ...audience, client_secret: credentials.secretOf(id) };
  const { kty, n, e, kid, alg } = credentials.keyOf(id);
  return { ...method, ...audience, jwks: { keys: [{ kty, n, e, kid, alg, use: 'sig' }] } };
}
