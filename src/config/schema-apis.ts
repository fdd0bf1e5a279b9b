import * as v from 'valibot';
import { duration } from './duration.ts';
import { key, oneOf, optional, text, withDefault } from './schema-values.ts';
import { SIGNING_ALGORITHMS } from './signing-algorithms.ts';
import { url } from './url.ts';

/** The keys of `signet.yaml` for APIs and declared clients. */

const ACCESS_TOKEN_TYPES = ['at+jwt', 'JWT'] as const;
export type AccessTokenType = (typeof ACCESS_TOKEN_TYPES)[number];

/** Scope token, RFC 6749 §3.3. */
const scopeToken = v.pipe(
  v.string(),
  v.regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'must be a scope token (RFC 6749 §3.3)'),
);

/** Description of a scope. Both ways to write it have the same output. */
const scopeDescription = v.union(
  [
    v.pipe(
      text,
      v.transform((description) => ({ description, sensitive: false })),
    ),
    v.strictObject({
      description: key(text, 'Description of the scope on the consent page.'),
      sensitive: withDefault(
        v.boolean(),
        'True: never granted by default, only to a request that names it.',
        false,
      ),
    }),
  ],
  'must be words for the consent page, or description (words) and sensitive (true or false)',
);

export const api = v.strictObject({
  audience: url('expected a URL, for instance https://orders.example.com', {
    description: 'Resource indicator and `aud` of its access tokens (RFC 8707, RFC 9068).',
  }),
  name: key(text, 'Name of the API on the consent page.'),
  scopes: key(
    v.record(
      scopeToken,
      key(scopeDescription, 'Description on the consent page, or `description` and `sensitive: true`.'),
    ),
    'Scope → its description on the consent page; or `{ description, sensitive: true }` for a scope that is never granted by default.',
  ),
  defaultScopes: optional(
    v.array(scopeToken),
    'Scopes of a request without `scope`, if the client is registered for them. Default: all scopes that are not sensitive. With an empty list, such a request is refused.',
  ),
  clients: withDefault(
    v.array(text),
    'Ids of clients that may get tokens for it without a registered scope of it. Required for an API without scopes.',
    [],
  ),
  introspectionClients: optional(
    v.array(text),
    'Ids of clients that may introspect its access tokens, usually the client of the API itself. Every client may introspect its own tokens.',
  ),
  userinfo: withDefault(
    v.boolean(),
    'Whether `/userinfo` accepts its access tokens too, when the API was inferred from scopes of a request with `openid`. With false, and for a request with `resource`, `aud` is the API alone.',
    true,
  ),
  accessTokenLifetime: optional(duration, 'Overrides `lifetimes.accessToken` for this API.'),
  listed: withDefault(
    v.boolean(),
    'True: discovery lists its scopes in `scopes_supported` (RFC 8414) and its audience in `protected_resources` (RFC 9728). Some applications request every scope that discovery lists, and are refused when they are not registered for one of an API.',
    false,
  ),
  signingAlgorithm: withDefault(
    oneOf(SIGNING_ALGORITHMS),
    'Algorithm that signs its access tokens, one of `signingAlgorithms`. The API must accept this algorithm and no other.',
    'RS256',
  ),
  accessTokenType: withDefault(
    oneOf(ACCESS_TOKEN_TYPES),
    '`typ` of its access tokens: `at+jwt` (RFC 9068 §2.1), or `JWT` for software that refuses `at+jwt`, such as Spring Boot by default.',
    'at+jwt',
  ),
  accessTokenClaims: withDefault(
    v.array(text),
    'Claims about the person in its access tokens, by their names in the account: `[groups, email, preferred_username]`. The API and every client that gets tokens for it can read them, whatever scopes of OpenID Connect the client has; the consent page lists them.',
    [],
  ),
});

/** RFC 7591 §2 metadata and Signet's own members. Validated in `clients/metadata.ts`. */
export const declaredClient = key(
  v.looseObject({
    client_id: text,
    client_secret: v.optional(text),
    client_secret_file: optional(
      text,
      'File with the secret, instead of `client_secret`. Relative to the file that names it.',
    ),
    client_secret_env: optional(text, 'Environment variable with the secret, instead of `client_secret`.'),
    adopt: optional(
      v.boolean(),
      'True declares a client that was added on the command line. Without a secret in the file, it keeps those that it has.',
    ),
    release: optional(
      v.boolean(),
      'True makes the client one that was added on the command line, so that it stays when the entry is removed.',
    ),
  }),
  'Client metadata with the registered names (RFC 7591 §2); see docs/clients.md.',
);

export type Api = v.InferOutput<typeof api>;
export type DeclaredClient = v.InferOutput<typeof declaredClient>;
