import * as v from 'valibot';
import { duration, EXPECTED_DURATION } from './duration.ts';
import { key, number, oneOf, optional, text, withDefault } from './schema-values.ts';
import { HTTP, url } from './url.ts';

/**
 * The keys of `signet.yaml`: types, defaults and descriptions. The only place that names a key. `signet config schema` publishes it as JSON
 * Schema, and `docs/configuration.md` and `signet.example.yaml` are checked against it.
 */

const port = number(0, 65_535);

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
      description: key(text, 'What it allows, in words for the consent page.'),
      sensitive: withDefault(v.boolean(), 'True: only granted to a request that names it.', false),
    }),
  ],
  'must be words for the consent page, or description (words) and sensitive (true or false)',
);

const api = v.strictObject({
  audience: url('expected a URL, for instance https://orders.example.com', {
    description: 'Resource indicator and `aud` of its access tokens (RFC 8707, RFC 9068).',
  }),
  name: key(text, 'Name on the consent page.'),
  scopes: key(
    v.record(
      scopeToken,
      key(scopeDescription, 'Words for the consent page, or `description` and `sensitive: true`.'),
    ),
    'Scope → what it allows, in words for the consent page; or `{ description, sensitive: true }` for a scope that is never granted by default.',
  ),
  defaultScopes: optional(
    v.array(scopeToken),
    'Scopes of a request without `scope`, as far as the client is registered for them. Default: all scopes that are not sensitive. With an empty list, such a request is rejected.',
  ),
  clients: withDefault(
    v.array(text),
    'Ids of clients that may have tokens for it without being registered for one of its scopes. Required for an API without scopes.',
    [],
  ),
  introspectionClients: optional(
    v.array(text),
    'Ids of clients that may introspect its access tokens, usually the API itself. Every client may introspect its own.',
  ),
  accessTokenLifetime: optional(duration, 'Overrides `lifetimes.accessToken` for this API.'),
});

/** RFC 7591 §2 metadata and Signet's own members. Validated in `clients/metadata.ts`. */
const declaredClient = key(
  v.looseObject({ client_id: text, client_secret: v.optional(text) }),
  'Client metadata by its registered names (RFC 7591 §2); see docs/clients.md.',
);

const hsm = v.strictObject({
  uri: optional(
    v.string(),
    'PKCS#11 URI of the token that generates and holds new private keys (docs/keys.md).',
  ),
  pin: optional(text, 'User PIN of the token; better in a file: `SIGNET_HSM_PIN_FILE`.'),
  sessions: withDefault(
    number(1, 32),
    'Signatures that a process requests at the same time; each takes a thread.',
    2,
  ),
  binding: withDefault(
    text,
    'Package with the PKCS#11 binding, or the path of its installation.',
    'pkcs11js',
  ),
});

const management = v.strictObject({
  host: withDefault(text, 'Address of the management port.', '127.0.0.1'),
  port: withDefault(port, 'Port for /healthz, /readyz and /metrics; 0 picks a free one.', 9000),
  hosts: withDefault(
    v.array(v.pipe(v.string(), v.regex(/^[a-z0-9._-]+$/i, 'expected a name without a port'))),
    'Accepted names in `Host`, besides IP addresses, localhost and `host`; others get 421.',
    [],
  ),
});

const log = v.strictObject({
  level: withDefault(
    oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'Lowest level that is written.',
    'info',
  ),
  format: optional(oneOf(['json', 'pretty']), 'Default: pretty in development on a terminal, else json.'),
});

const brand = v.strictObject({
  name: withDefault(v.pipe(text, v.maxLength(60)), 'Shown on every page.', 'Signet'),
  logo: optional(text, 'Path of an SVG, PNG or WebP file.'),
  color: withDefault(
    v.pipe(v.string(), v.regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour like #3056d3')),
    'Accent colour. Text on it is black or white, by the contrast.',
    '#3056d3',
  ),
  links: withDefault(
    v.pipe(
      v.array(
        v.strictObject({
          label: key(v.pipe(text, v.maxLength(40)), 'Text of the link.'),
          url: url('must be an https or mailto address', {
            protocol: /^(?:https|mailto)$/,
            description: 'Target of the link.',
          }),
        }),
      ),
      v.maxLength(8),
    ),
    'In the footer of every page: help, imprint, privacy; each a `label` and a `url`.',
    [],
  ),
});

const lifetimes = v.strictObject({
  accessToken: withDefault(duration, 'Keep it short: a JWT is valid until it expires.', 300),
  idToken: withDefault(duration, 'How long an app may accept the ID token.', 3600),
  authorizationCode: withDefault(duration, 'At most 60 seconds.', 60),
  refreshToken: withDefault(duration, 'Of one refresh token; each use starts a new one.', 30 * 86_400),
  refreshTokenFamily: withDefault(
    duration,
    'From the first refresh token of a sign-in to the expiry of the last, however often it is used.',
    90 * 86_400,
  ),
  refreshReplayWindow: withDefault(
    v.union(
      [
        v.pipe(
          v.picklist([0, '0']),
          v.transform(() => 0),
        ),
        duration,
      ],
      EXPECTED_DURATION,
    ),
    'How long the same request with a used refresh token gets the same response again. 0: never; at most 60 seconds.',
    10,
  ),
  session: withDefault(duration, 'Single sign-on session, from its last use.', 14 * 86_400),
  interaction: withDefault(duration, 'Time to sign in and consent.', 900),
  consent: withDefault(duration, 'How long consent is remembered.', 365 * 86_400),
});

const passwords = v.strictObject({
  memory: withDefault(number(19_456), 'argon2id memory in KiB.', 19_456),
  iterations: withDefault(number(2), 'argon2id passes over the memory.', 2),
  parallelism: withDefault(number(1, 16), 'argon2id lanes.', 1),
  concurrency: withDefault(number(1, 64), 'Hashes computed at the same time.', 1),
  queue: withDefault(number(1), 'Hashes waiting; above it, a sign-in gets 503.', 250),
  minimumLength: withDefault(
    number(8, 64),
    'Characters. Common passwords, the username and the name of the service are rejected; there is no other rule (NIST SP 800-63B-4 §3.1.1.2).',
    12,
  ),
});

const accounts = v.strictObject({
  uniqueEmail: withDefault(
    v.boolean(),
    'Whether two accounts may not have the same email address, compared without case.',
    false,
  ),
});

const limits = v.strictObject({
  enabled: withDefault(v.boolean(), 'False disables these limits: for measurements only.', true),
  authorizationRequests: withDefault(
    number(1),
    'Per minute and network, which is an IPv4 address or an IPv6 /64.',
    1200,
  ),
  pushedRequests: withDefault(
    number(1),
    'Pushed authorization requests (RFC 9126), per minute and network.',
    6000,
  ),
  signInForms: withDefault(number(1), 'Sign-in forms, per minute and network.', 600),
  wrongClientSecrets: withDefault(number(1), 'Per minute, client and network.', 100),
});

const loginProtection = v.strictObject({
  enabled: withDefault(
    v.boolean(),
    'False allows unlimited guesses of passwords: for measurements only.',
    true,
  ),
  oneNetwork: withDefault(
    number(1),
    'Wrong passwords for one account from one network, or on one known device.',
    10,
  ),
  allNetworks: withDefault(number(1), 'Wrong passwords for one account from all networks.', 30),
  inARow: withDefault(
    number(1, 100),
    'Wrong passwords for one account without a successful sign-in; then only known devices may sign in.',
    100,
  ),
  allAccounts: withDefault(number(1), 'Wrong passwords from one network for all accounts.', 200),
  lock: withDefault(
    duration,
    'How long wrong passwords are counted, and how long a lock lasts; at most 15 minutes.',
    900,
  ),
  knownDevice: withDefault(
    duration,
    'How long after a sign-in a device is known and excluded from locks.',
    90 * 86_400,
  ),
});

const audit = v.strictObject({
  retention: withDefault(duration, 'How long audit events are kept.', 90 * 86_400),
  maximumEvents: withDefault(number(1000), 'Number of events kept, the newest.', 1_000_000),
});

export const schema = v.strictObject({
  issuer: withDefault(
    url('expected a URL, for instance https://login.example.com', { protocol: HTTP }),
    'Issuer identifier, and the prefix of every URL that the server publishes. https except on localhost. Default: localhost with `port`.',
    'http://localhost:3000',
  ),
  host: withDefault(text, 'Address to listen on.', '127.0.0.1'),
  port: optional(port, "Port to listen on. Default: the issuer's port on localhost, else 3000."),
  store: withDefault(
    text,
    'Address of the store: `sqlite:PATH`, or `redis://…`, `redis+sentinel://…`, `redis+cluster://…` (docs/redis.md).',
    'sqlite:./data/signet.db',
  ),
  keys: withDefault(
    text,
    'Directory of the signing keys, or `store`: in the store, sealed with the master key, for several nodes.',
    './keys',
  ),
  masterKey: optional(
    text,
    '32 bytes in base64 that seal signing keys in the store. To rotate it: the new one, a comma, the old one.',
  ),
  keyRotation: withDefault(
    duration,
    'How long a signing key signs before the next one replaces it.',
    90 * 86_400,
  ),
  hsm: v.optional(hsm, {}),
  management: v.optional(management, {}),
  trustedProxies: withDefault(
    v.array(text),
    'Addresses or CIDR ranges of the reverse proxies whose X-Forwarded-For is used.',
    [],
  ),
  log: v.optional(log, {}),
  brand: v.optional(brand, {}),
  lifetimes: v.optional(lifetimes, {}),
  passwords: v.optional(passwords, {}),
  accounts: v.optional(accounts, {}),
  limits: v.optional(limits, {}),
  loginProtection: v.optional(loginProtection, {}),
  audit: v.optional(audit, {}),
  apis: withDefault(v.array(api), 'APIs that access tokens are issued for.', []),
  clients: withDefault(
    v.array(declaredClient),
    'Declared clients. Every start adds, changes and removes clients to match this list.',
    [],
  ),
  demo: optional(
    v.boolean(),
    'The demo API, clients and account. Default: true in development; rejected in production.',
  ),
});

/** The content of `signet.yaml`. */
export type ConfigInput = v.InferInput<typeof schema>;
/** With all defaults. */
export type ConfigFile = v.InferOutput<typeof schema>;
export type Api = v.InferOutput<typeof api>;
export type DeclaredClient = v.InferOutput<typeof declaredClient>;
