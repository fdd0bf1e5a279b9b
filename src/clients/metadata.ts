import { z } from 'zod';
import type { Config } from '../config/config.ts';
import { STANDARD_SCOPES } from '../config/standard-scopes.ts';
import { nearest } from '../config/nearest.ts';
import type { Api } from '../config/schema.ts';
import { publicKeySet } from './jwks.ts';
import { redirectUriProblem } from './redirect-uri.ts';

/**
 * Client metadata by registered names (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2) and Signet's own members: types,
 * defaults, and rules across members. All metadata is validated before it is stored.
 */

const text = z.string('must be text').min(1, 'must not be empty').max(1000, 'is longer than 1000 characters');
const flag = z.boolean('must be true or false');
const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const uris = z.array(z.string().max(2000, 'is longer than 2000 characters'), 'must be a list of URIs');

function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, `must be ${values.join(' or ')}`);
}

function listOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.array(oneOf(values), `must be a list of: ${values.join(', ')}`);
}

const FIELDS = {
  client_name: text.regex(/^\P{C}+$/u, 'contains a control character').optional(),
  client_uri: webUrl.optional(),
  logo_uri: webUrl.optional(),
  policy_uri: webUrl.optional(),
  tos_uri: webUrl.optional(),
  contacts: z.array(z.email('must be email addresses'), 'must be a list of email addresses').optional(),
  application_type: oneOf(['web', 'native']).default('web'),
  redirect_uris: uris.default([]),
  post_logout_redirect_uris: uris.default([]),
  grant_types: listOf(['authorization_code', 'refresh_token', 'client_credentials']).default([
    'authorization_code',
  ]),
  response_types: listOf(['code']),
  response_modes: listOf(['query', 'fragment', 'form_post']).min(1, 'must not be empty').optional(),
  token_endpoint_auth_method: oneOf([
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'none',
  ]).default('client_secret_basic'),
  jwks: publicKeySet.optional(),
  scope: z.string('must be scopes separated by spaces'),
  default_max_age: z.int('must be a number of seconds').nonnegative('must not be negative').optional(),
  require_auth_time: flag.optional(),
  initiate_login_uri: z.url({ protocol: /^https$/, error: 'must be an https URL' }).optional(),
  first_party: flag.optional(),
  require_pkce: flag.optional(),
  id_token_claims: flag.optional(),
};

const shape = z.strictObject(FIELDS);

/** Names of all accepted client metadata, without `client_id` and `client_secret`. */
export const METADATA_NAMES: readonly string[] = Object.keys(FIELDS);

/** Validated metadata with defaults. `client_id` is not part of it: see `Client.id`. */
export type ClientMetadata = z.output<typeof shape>;

/** The part of the configuration that validation depends on. */
export interface MetadataContext {
  apis: readonly Api[];
  mode: Config['mode'];
}

/** Metadata with URLs that the server would have to fetch. */
const FETCHED_URLS: ReadonlySet<string> = new Set([
  'jwks_uri',
  'sector_identifier_uri',
  'backchannel_logout_uri',
]);

/**
 * Validates metadata and adds the defaults.
 * @param input without `client_id` and `client_secret`
 * @returns `problems`: one sentence per problem. Store `metadata` only if there are none
 */
export function checkMetadata(
  input: Record<string, unknown>,
  context: MetadataContext,
): { metadata: ClientMetadata; problems: string[] } {
  const [known, unknown] = partition(Object.entries(input), ([name]) => Object.hasOwn(FIELDS, name));
  const issues = shape.safeParse(withDefaults(known)).error?.issues ?? [];
  const wrong = new Set(issues.map((issue) => issue.path[0]));
  const metadata = shape.parse(withDefaults(known.filter(([name]) => !wrong.has(name))));
  const problems = [
    ...unknown.map(([name]) => problemOfName(name)),
    ...issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...RULES.filter((rule) => !rule.reads.some((name) => wrong.has(name))).flatMap((rule) =>
      rule.check(metadata, context),
    ),
  ];
  return { metadata, problems };
}

/** Whether the client authenticates with a secret. */
export function needsSecret(metadata: Pick<ClientMetadata, 'token_endpoint_auth_method'>): boolean {
  return metadata.token_endpoint_auth_method.startsWith('client_secret_');
}

/** Defaults that depend on other metadata. */
function withDefaults(entries: readonly [string, unknown][]): Record<string, unknown> {
  const input = Object.fromEntries(entries);
  const grants = Array.isArray(input.grant_types) ? input.grant_types : ['authorization_code'];
  const signsIn = grants.includes('authorization_code');
  const scope = grants.includes('refresh_token')
    ? 'openid profile email offline_access'
    : 'openid profile email';
  return { response_types: signsIn ? ['code'] : [], scope: signsIn ? scope : '', ...input };
}

function problemOfName(name: string): string {
  if (FETCHED_URLS.has(name)) return `${name}: is not supported; this version does not fetch URLs of clients`;
  const close = nearest(name, METADATA_NAMES);
  // The sentence is shown in terminals, logs and responses.
  const shown = /^[\w-]{1,100}$/.test(name) ? name : JSON.stringify(name.slice(0, 100));
  return `${shown}: unknown client metadata${close === undefined ? '' : `; did you mean ${close}?`}`;
}

interface Rule {
  /** The rule is skipped when one of these members is invalid. */
  reads: readonly (keyof ClientMetadata)[];
  check: (metadata: ClientMetadata, context: MetadataContext) => string[];
}

/** Rules across members. */
const RULES: readonly Rule[] = [
  { reads: ['grant_types', 'response_types'], check: checkResponseTypes },
  { reads: ['redirect_uris', 'post_logout_redirect_uris', 'application_type'], check: checkRedirectUris },
  { reads: ['redirect_uris', 'grant_types'], check: checkRedirectUriCount },
  { reads: ['grant_types'], check: checkRefresh },
  { reads: ['token_endpoint_auth_method', 'grant_types', 'require_pkce'], check: checkPublicClient },
  { reads: ['token_endpoint_auth_method', 'jwks'], check: checkAssertionKeys },
  { reads: ['scope', 'grant_types'], check: checkScope },
];

function checkResponseTypes({ grant_types, response_types }: ClientMetadata): string[] {
  const grant = grant_types.includes('authorization_code');
  const response = response_types.includes('code');
  if (grant === response) return [];
  return [
    grant
      ? 'response_types: must contain code when grant_types contains authorization_code'
      : 'response_types: code needs authorization_code in grant_types',
  ];
}

function checkRedirectUris(metadata: ClientMetadata, { mode }: MetadataContext): string[] {
  const rules = { applicationType: metadata.application_type, mode };
  return (['redirect_uris', 'post_logout_redirect_uris'] as const).flatMap((name) =>
    metadata[name].flatMap((uri) => {
      const problem = redirectUriProblem(uri, rules);
      return problem === undefined ? [] : [`${name}: ${JSON.stringify(uri)} ${problem}`];
    }),
  );
}

function checkRedirectUriCount({ grant_types, redirect_uris }: ClientMetadata): string[] {
  return grant_types.includes('authorization_code') && redirect_uris.length === 0
    ? ['redirect_uris: at least one is needed with the authorization_code grant']
    : [];
}

function checkRefresh({ grant_types }: ClientMetadata): string[] {
  return grant_types.includes('refresh_token') && !grant_types.includes('authorization_code')
    ? ['grant_types: refresh_token needs authorization_code']
    : [];
}

function checkPublicClient(metadata: ClientMetadata): string[] {
  if (metadata.token_endpoint_auth_method !== 'none') return [];
  return [
    ...(metadata.grant_types.includes('client_credentials')
      ? ['grant_types: client_credentials needs a client that authenticates (RFC 6749 §4.4)']
      : []),
    ...(metadata.require_pkce === false
      ? ['require_pkce: a public client cannot do without PKCE (RFC 9700 §2.1.1)']
      : []),
  ];
}

function checkAssertionKeys({ token_endpoint_auth_method, jwks }: ClientMetadata): string[] {
  return token_endpoint_auth_method === 'private_key_jwt' && jwks === undefined
    ? ['jwks: needed with private_key_jwt; give the public keys']
    : [];
}

function checkScope({ scope, grant_types }: ClientMetadata, { apis }: MetadataContext): string[] {
  const known = [...STANDARD_SCOPES, ...apis.flatMap((api) => Object.keys(api.scopes))];
  const scopes = scope.split(' ').filter((token) => token !== '');
  return scopes.flatMap((token) => {
    if (!known.includes(token)) {
      const close = nearest(token, known);
      const hint = close === undefined ? '' : `; did you mean ${close}?`;
      return [`scope: ${token} is neither of OpenID Connect nor of a declared API${hint}`];
    }
    if (!STANDARD_SCOPES.has(token)) return [];
    if (!grant_types.includes('authorization_code'))
      return [`scope: ${token} needs the authorization_code grant`];
    if (token === 'offline_access' && !grant_types.includes('refresh_token')) {
      return ['scope: offline_access needs the refresh_token grant'];
    }
    return [];
  });
}

function partition<Item>(items: readonly Item[], belongs: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}
