import * as v from 'valibot';
import type { Config } from '../config/config.ts';
import { STANDARD_SCOPES } from '../config/standard-scopes.ts';
import { nearest } from '../config/nearest.ts';
import type { Api } from '../config/schema-apis.ts';
import { HTTP, url } from '../config/url.ts';
import { allowedOriginsProblems } from './allowed-origin.ts';
import {
  ASSERTION_AUDIENCES,
  AUTHENTICATION_METHODS,
  DEFAULT_AUTHENTICATION_METHOD,
} from './authentication-methods.ts';
import { DEFAULT_GRANT_TYPE, GRANT_TYPE_NAMES, grantTypeProblems } from './grant-types.ts';
import { idTokenAlgorithmProblem } from './id-token-algorithm.ts';
import { publicKeySet } from './jwks.ts';
import { PKCE_POLICIES, pkceProblems } from './pkce.ts';
import { loopbackProblems, redirectUriCountProblems, redirectUriProblems } from './redirect-uris.ts';

/**
 * Client metadata by registered names (RFC 7591 §2, OpenID Connect Dynamic Client Registration §2) and Signet's own members: types,
 * defaults, and rules across members. All metadata is validated before it is stored.
 */

/** Like the addresses that HTML's `<input type=email>` accepts, with a top-level domain. */
const EMAIL =
  /^(?:[A-Za-z0-9_'+-]+\.)*[A-Za-z0-9_'+-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,}$/;

const text = v.pipe(
  v.string('must be text'),
  v.minLength(1, 'must not be empty'),
  v.maxLength(1000, 'is longer than 1000 characters'),
);
const flag = v.boolean('must be true or false');
const webUrl = url('must be an http or https URL', { protocol: HTTP });
const uris = v.array(
  v.pipe(v.string('must be text'), v.maxLength(2000, 'is longer than 2000 characters')),
  'must be a list of URIs',
);
const email = v.pipe(v.string('must be email addresses'), v.regex(EMAIL, 'must be email addresses'));

function oneOf<const Values extends readonly string[]>(values: Values) {
  return v.picklist(values, `must be ${values.join(' or ')}`);
}

function listOf<const Values extends readonly string[]>(values: Values) {
  return v.array(oneOf(values), `must be a list of: ${values.join(', ')}`);
}

const FIELDS = {
  client_name: v.optional(v.pipe(text, v.regex(/^\P{C}+$/u, 'contains a control character'))),
  client_uri: v.optional(webUrl),
  logo_uri: v.optional(webUrl),
  policy_uri: v.optional(webUrl),
  tos_uri: v.optional(webUrl),
  contacts: v.optional(v.array(email, 'must be a list of email addresses')),
  application_type: v.optional(oneOf(['web', 'native']), 'web'),
  redirect_uris: v.optional(uris, []),
  post_logout_redirect_uris: v.optional(uris, []),
  loopback_redirect_uris: v.optional(uris),
  trust_loopback: v.optional(flag),
  grant_types: v.optional(listOf(GRANT_TYPE_NAMES), [DEFAULT_GRANT_TYPE]),
  response_types: listOf(['code']),
  response_modes: v.optional(
    v.pipe(listOf(['query', 'fragment', 'form_post']), v.minLength(1, 'must not be empty')),
  ),
  token_endpoint_auth_method: v.optional(oneOf(AUTHENTICATION_METHODS), DEFAULT_AUTHENTICATION_METHOD),
  jwks: v.optional(publicKeySet),
  scope: v.string('must be scopes separated by spaces'),
  default_max_age: v.optional(
    v.pipe(
      v.number('must be a number of seconds'),
      v.safeInteger('must be a number of seconds'),
      v.minValue(0, 'must not be negative'),
    ),
  ),
  require_auth_time: v.optional(flag),
  initiate_login_uri: v.optional(url('must be an https URL', { protocol: /^https$/ })),
  first_party: v.optional(flag),
  pkce: v.optional(oneOf(PKCE_POLICIES)),
  require_pkce: v.optional(flag),
  assertion_audience: v.optional(oneOf(ASSERTION_AUDIENCES)),
  id_token_signed_response_alg: v.optional(v.string('must be text')),
  id_token_claims: v.optional(flag),
  allowed_origins: v.optional(v.array(text, 'must be a list of origins')),
};

const shape = v.strictObject(FIELDS);

/** The names of all members, without `client_id` and `client_secret`. */
export const CLIENT_METADATA = Object.keys(FIELDS) as readonly (keyof ClientMetadata)[];

/** Validated metadata with defaults. `client_id` is not part of it: see `Client.id`. */
export type ClientMetadata = v.InferOutput<typeof shape>;

/** The part of the configuration that validation depends on. */
export interface MetadataContext {
  apis: readonly Api[];
  mode: Config['mode'];
  signingAlgorithms: Config['signingAlgorithms'];
}

export function metadataContext({ apis, mode, signingAlgorithms }: MetadataContext): MetadataContext {
  return { apis, mode, signingAlgorithms };
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
  const issues = v.safeParse(shape, withDefaults(known)).issues ?? [];
  const wrong = new Set(issues.map((issue) => String(issue.path?.[0].key)));
  const metadata = v.parse(shape, withDefaults(known.filter(([name]) => !wrong.has(name))));
  const problems = [
    ...unknown.map(([name]) => problemOfName(name)),
    ...issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`),
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
  const grants = Array.isArray(input.grant_types) ? input.grant_types : [DEFAULT_GRANT_TYPE];
  const signsIn = grants.includes('authorization_code');
  return { response_types: signsIn ? ['code'] : [], scope: defaultScope(grants), ...input };
}

/** The scope of a client that registers none. */
export function defaultScope(grantTypes: readonly unknown[]): string {
  if (!grantTypes.includes('authorization_code')) return '';
  return grantTypes.includes('refresh_token')
    ? 'openid profile email offline_access'
    : 'openid profile email';
}

/** The problem with a name that is no client metadata. */
export function problemOfName(name: string): string {
  if (FETCHED_URLS.has(name)) return `${name}: is not supported; this version does not fetch URLs of clients`;
  const close = nearest(name, CLIENT_METADATA);
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
  {
    reads: ['redirect_uris', 'post_logout_redirect_uris', 'application_type'],
    check: (metadata, { mode }) => redirectUriProblems(metadata, mode),
  },
  {
    reads: ['loopback_redirect_uris', 'trust_loopback', 'application_type'],
    check: loopbackProblems,
  },
  { reads: ['redirect_uris', 'loopback_redirect_uris', 'grant_types'], check: redirectUriCountProblems },
  // An invalid authentication method counts as the default.
  { reads: ['grant_types'], check: checkGrantTypes },
  { reads: ['token_endpoint_auth_method', 'pkce', 'require_pkce'], check: pkceProblems },
  { reads: ['token_endpoint_auth_method', 'allowed_origins'], check: allowedOriginsProblems },
  { reads: ['token_endpoint_auth_method', 'jwks'], check: checkAssertionKeys },
  { reads: ['id_token_signed_response_alg'], check: checkIdTokenAlgorithm },
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

function checkGrantTypes({ grant_types, token_endpoint_auth_method }: ClientMetadata): string[] {
  return grantTypeProblems(grant_types, { isPublic: token_endpoint_auth_method === 'none' });
}

function checkAssertionKeys({ token_endpoint_auth_method, jwks }: ClientMetadata): string[] {
  return token_endpoint_auth_method === 'private_key_jwt' && jwks === undefined
    ? ['jwks: needed with private_key_jwt; give the public keys']
    : [];
}

function checkIdTokenAlgorithm(
  { id_token_signed_response_alg: alg }: ClientMetadata,
  { signingAlgorithms }: MetadataContext,
): string[] {
  return [idTokenAlgorithmProblem(alg, signingAlgorithms) ?? []].flat();
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
