import type { Client } from '../clients/clients.ts';
import { pkcePolicy } from '../clients/pkce.ts';
import type { Config } from '../config/config.ts';

/**
 * What the plans of the conformance suite of the OpenID Foundation need of a configuration. A need returns a sentence for each thing that
 * prevents it.
 */

/** What a plan is judged by. */
export interface Facts {
  config: Config;
  clients: readonly Client[];
  /** Names of the standard claims that the account with the fewest missing ones lacks; undefined without an account. */
  missingClaims: readonly string[] | undefined;
}

export interface PlanCheck {
  plan: string;
  problems: string[];
}

type Need = (facts: Facts) => string[];

const BASIC = 'client_secret_basic';
const SCOPES = ['openid', 'profile', 'email', 'address', 'phone'];

const CODE = ['code'];
const IMPLICIT = ['id_token', 'id_token token'];
const HYBRID = ['code id_token', 'code token', 'code id_token token'];
const CORE: readonly [profile: string, types: readonly string[]][] = [
  ['basic', CODE],
  ['implicit', IMPLICIT],
  ['hybrid', HYBRID],
];
const METHODS = ['none', BASIC, 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'];

/** By name; `test/conformance/check.test.ts` compares them with those of the runner. */
const PLANS: Readonly<Record<string, readonly Need[]>> = {
  config: [usesHttps],
  ...named(['', 'formpost-'].flatMap((prefix) => CORE.flatMap((core) => corePlans(prefix, ...core)))),
  ...named([...CODE, ...IMPLICIT, ...HYBRID].map((type) => [`dynamic-${short(type)}`, signIn(canRegister)])),
  'third-party-login': [usesHttps, canRegister],
  ...logout('rp-logout', 'post_logout_redirect_uris'),
  ...logout('backchannel-logout', 'backchannel_logout_uri'),
  ...logout('frontchannel-logout', 'frontchannel_logout_uri', frontChannel),
  ...logout('session-management', 'post_logout_redirect_uris', sessionManagement),
  ...named(METHODS.map((method) => [`test-plan-${short(method)}`, signIn(clientsOfTestPlan(method))])),
};

type NamedNeeds = readonly [plan: string, needs: readonly Need[]];

export function checkPlans(facts: Facts): PlanCheck[] {
  return Object.entries(PLANS).map(([plan, needs]) => ({
    plan,
    problems: needs.flatMap((need) => need(facts)),
  }));
}

function named(entries: readonly NamedNeeds[]): Record<string, readonly Need[]> {
  return Object.fromEntries(entries);
}

function short(value: string): string {
  return value.replaceAll(/[ _]/g, '-');
}

function signIn(...needs: readonly Need[]): readonly Need[] {
  return [usesHttps, hasPerson, ...needs];
}

function corePlans(prefix: string, profile: string, types: readonly string[]): NamedNeeds[] {
  const members = prefix === '' ? {} : { response_modes: 'form_post' };
  const count = types.some((type) => type.includes('code')) ? 2 : 1;
  const posting: Need[] =
    profile === 'implicit' ? [] : [staticClients({ types, method: 'client_secret_post', count: 1, members })];
  return [
    [
      `${prefix}${profile}-static`,
      signIn(staticClients({ types, method: BASIC, count, members }), ...posting),
    ],
    [`${prefix}${profile}-dynamic`, signIn(canRegister)],
  ];
}

function logout(name: string, member: string, ...more: readonly Need[]): Record<string, readonly Need[]> {
  const clients = staticClients({ types: CODE, method: BASIC, count: 1, members: { [member]: undefined } });
  return {
    [`${name}-static`]: [...signIn(clients), ...more],
    [`${name}-dynamic`]: [...signIn(canRegister), ...more],
  };
}

function clientsOfTestPlan(method: string): Need {
  // The suite names the token endpoint as the audience of its assertions.
  const members = method.endsWith('_jwt') ? { assertion_audience: 'legacy' } : {};
  return staticClients({ types: CODE, method, count: 2, members });
}

function usesHttps({ config: { issuer } }: Facts): string[] {
  if (new URL(issuer).protocol === 'https:') return [];
  return [`issuer: the suite calls https only, by a host name other than localhost; ${issuer} is not`];
}

function hasPerson({ missingClaims }: Facts): string[] {
  if (missingClaims === undefined) return ['there is no account: add one with every standard claim'];
  if (missingClaims.length === 0) return [];
  return [`no account has every standard claim; the closest one lacks ${missingClaims.join(', ')}`];
}

function frontChannel({ config: { logout: settings } }: Facts): string[] {
  return settings.frontChannel ? [] : ['front-channel logout is off; set logout.frontChannel: true'];
}

function sessionManagement({ config: { logout: settings } }: Facts): string[] {
  return settings.sessionManagement ? [] : ['session management is off; set logout.sessionManagement: true'];
}

/** The suite registers clients without a token, and its clients send no PKCE. */
function canRegister({ config: { profile } }: Facts): string[] {
  if (profile === 'conformance') return [];
  return [
    'clients that register themselves must use PKCE, which those of the suite do not; set profile: conformance on a server for tests, which also opens registration',
  ];
}

interface ClientNeed {
  types: readonly string[];
  method: string;
  /** The modules that refresh tokens try those of one client with another. */
  count: 1 | 2;
  /** Members that the clients need, with a value or with any. */
  members?: Readonly<Record<string, string | undefined>>;
}

function staticClients(need: ClientNeed): Need {
  return ({ clients, config }) => {
    const { count } = need;
    const fitting = clients.filter((client) => fits(client, need));
    if (fitting.length < count) {
      const found = fitting.length === 0 ? 'there is none' : `there is ${fitting[0]?.id}`;
      return [
        `${count === 1 ? 'one client is' : 'two clients are'} needed with ${describeNeed(need)}; ${found}`,
      ];
    }
    // The others may be for real applications.
    const problems = fitting.map((client) => clientProblems(client, config));
    const ready = problems.filter((each) => each.length === 0).length;
    return problems
      .filter((each) => each.length > 0)
      .slice(0, Math.max(0, count - ready))
      .flat();
  };
}

function fits({ metadata }: Client, { types, method, members = {} }: ClientNeed): boolean {
  const responseTypes: readonly string[] = metadata.response_types;
  return (
    metadata.token_endpoint_auth_method === method &&
    types.every((type) => responseTypes.includes(type)) &&
    Object.entries(members).every(([name, value]) => hasMember(metadata, name, value))
  );
}

function hasMember(metadata: Client['metadata'], name: string, value: string | undefined): boolean {
  const actual = (metadata as Record<string, unknown>)[name];
  if (name === 'response_modes' && actual === undefined) return true;
  const values = [actual ?? []].flat() as unknown[];
  return value === undefined ? values.length > 0 : values.includes(value);
}

function describeNeed({ types, method, members = {} }: ClientNeed): string {
  const others = Object.entries(members).map(([name, value]) =>
    value === undefined ? name : `${name} ${value}`,
  );
  return [`response_types ${types.join(', ')}`, `token_endpoint_auth_method ${method}`, ...others].join(
    ' and ',
  );
}

function clientProblems({ id, metadata }: Client, { profile }: Config): string[] {
  const scopes = metadata.scope.split(' ');
  const isRefreshed = metadata.response_types.some((type) => type.includes('code'));
  const wanted = isRefreshed ? [...SCOPES, 'offline_access'] : SCOPES;
  const lacking = wanted.filter((scope) => !scopes.includes(scope));
  const policy = pkcePolicy(metadata);
  return [
    metadata.redirect_uris.some((uri) => /^https:.*\/test\/a\/[^/]+\/callback$/.test(uri))
      ? []
      : `client ${id}: no redirect URI is the suite's, https://SUITE/test/a/ALIAS/callback`,
    lacking.length === 0 ? [] : `client ${id}: scope lacks ${lacking.join(' ')}`,
    metadata.id_token_claims === false
      ? []
      : `client ${id}: claims of scopes are in the ID token too, which is a warning; set id_token_claims: false`,
    policy === 'optional' || profile === 'conformance'
      ? []
      : `client ${id}: pkce is ${policy}, and some modules send neither PKCE nor a nonce; set pkce: optional, or profile: conformance on a server for tests`,
  ].flat();
}
