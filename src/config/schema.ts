import { z } from 'zod';
import { duration } from './duration.ts';

/**
 * The shape of `signet.yaml`, its defaults and the sentences that explain each key. This is the only place that names a key;
 * `signet config schema` publishes it as JSON Schema and `signet.example.yaml` is checked against it.
 */

const port = z.number().int().min(0).max(65_535);

const count = (preset: number) => z.number().int().min(1).default(preset);

/** Scope token, RFC 6749 §3.3. */
const scopeToken = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'must be a scope token (RFC 6749 §3.3)');

/** What a scope allows, in one shape however it was written. */
const scopeWords = z
  .union(
    [
      z
        .string()
        .min(1)
        .transform((description) => ({ description, sensitive: false })),
      z.strictObject({
        description: z.string().min(1).describe('What it allows, in words for the consent page.'),
        sensitive: z.boolean().default(false).describe('True: only a request that names it gets it.'),
      }),
    ],
    'must be words for the consent page, or description (words) and sensitive (true or false)',
  )
  .describe('Words for the consent page, or `description` and `sensitive: true`.');

const api = z.strictObject({
  audience: z.url().describe('Resource indicator and `aud` of its access tokens (RFC 8707, RFC 9068).'),
  name: z.string().min(1).describe('What the consent page calls it.'),
  scopes: z
    .record(scopeToken, scopeWords)
    .describe(
      'Scope → what it allows, in words for the consent page; or `{ description, sensitive: true }` for one that is never given by default.',
    ),
  defaultScopes: z
    .array(scopeToken)
    .optional()
    .describe(
      'What a request without `scope` asks for, as far as the client is registered for it. Default: all scopes that are not sensitive. An empty list: such a request is refused.',
    ),
  clients: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Client ids that may have tokens for it without being registered for one of its scopes. An API without scopes needs them.',
    ),
  introspectionClients: z
    .array(z.string().min(1))
    .optional()
    .describe(
      'Client ids that may introspect its access tokens, usually the API itself. Every client may introspect its own.',
    ),
  accessTokenLifetime: duration.optional().describe('Overrides `lifetimes.accessToken` for this API.'),
});

/** RFC 7591 §2 metadata plus Signet's own switches. Cross-checks are in `clients/metadata.ts`. */
const declaredClient = z
  .looseObject({ client_id: z.string().min(1), client_secret: z.string().min(1).optional() })
  .describe('Client metadata by its registered names (RFC 7591 §2); see docs/clients.md.');

export const schema = z.strictObject({
  issuer: z
    .url({ protocol: /^https?$/ })
    .default('http://localhost:3000')
    .describe(
      'Issuer identifier: every URL that leaves the server starts with it. https except on localhost. Without it: localhost, with `port`.',
    ),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: port.optional().describe("Port to listen on. Default: the issuer's port on localhost, else 3000."),
  store: z
    .string()
    .min(1)
    .default('sqlite:./data/signet.db')
    .describe(
      'Where everything is kept: `sqlite:PATH`, or `redis://…`, `redis+sentinel://…`, `redis+cluster://…` (docs/redis.md).',
    ),
  keys: z
    .string()
    .min(1)
    .default('./keys')
    .describe(
      'Directory of the signing keys, or `store`: in the store, sealed with the master key, for many nodes.',
    ),
  masterKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      '32 bytes in base64 that seal signing keys in the store. To rotate it: the new one, a comma, the old one.',
    ),
  keyRotation: duration
    .default(90 * 86_400)
    .describe('How long a signing key signs before the next one follows.'),
  hsm: z
    .strictObject({
      uri: z
        .string()
        .optional()
        .describe(
          'PKCS#11 URI of the token that makes and holds the private keys from now on (docs/keys.md).',
        ),
      pin: z
        .string()
        .min(1)
        .optional()
        .describe('User PIN of the token; better in a file: `SIGNET_HSM_PIN_FILE`.'),
      sessions: z
        .number()
        .int()
        .min(1)
        .max(32)
        .default(2)
        .describe('Signatures that a process has made at the same time; each takes a thread.'),
      binding: z
        .string()
        .min(1)
        .default('pkcs11js')
        .describe('The package that speaks PKCS#11, or the path of where it was installed.'),
    })
    .prefault({}),
  management: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address of the management port.'),
      port: port.default(9000).describe('Port for /healthz, /readyz and /metrics; 0 picks a free one.'),
      hosts: z
        .array(z.string().regex(/^[a-z0-9._-]+$/i, 'expected a name without a port'))
        .default([])
        .describe('Names by which it is reached, beside IP addresses, localhost and `host`; others get 421.'),
    })
    .prefault({}),
  trustedProxies: z
    .array(z.string().min(1))
    .default([])
    .describe('Addresses or CIDR ranges of the reverse proxies whose X-Forwarded-For counts.'),
  log: z
    .strictObject({
      level: z
        .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
        .default('info')
        .describe('Least severe lines that are written.'),
      format: z
        .enum(['json', 'pretty'])
        .optional()
        .describe('Default: pretty in development on a terminal, else json.'),
    })
    .prefault({}),
  brand: z
    .strictObject({
      name: z.string().min(1).max(60).default('Signet').describe('Shown on every page.'),
      logo: z.string().min(1).optional().describe('Path of an SVG, PNG or WebP file.'),
      color: z
        .string()
        .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour like #3056d3')
        .default('#3056d3')
        .describe('Accent colour; text on it is black or white, whichever reads better.'),
      links: z
        .array(
          z.strictObject({
            label: z.string().min(1).max(40).describe('What the link says.'),
            url: z
              .url({ protocol: /^(?:https|mailto)$/, error: 'must be an https or mailto address' })
              .describe('Where it leads.'),
          }),
        )
        .max(8)
        .default([])
        .describe('At the foot of every page: help, imprint, privacy; each a `label` and a `url`.'),
    })
    .prefault({}),
  lifetimes: z
    .strictObject({
      accessToken: duration.default(300).describe('Keep it short: a JWT is good until it expires.'),
      idToken: duration.default(3600).describe('How long an app may take the ID token for fresh.'),
      authorizationCode: duration.default(60).describe('At most 60 seconds.'),
      refreshToken: duration
        .default(30 * 86_400)
        .describe('Of one refresh token; each use starts a new one.'),
      refreshTokenFamily: duration
        .default(90 * 86_400)
        .describe(
          'From the first refresh token of a sign-in to the end of the last, however often it is used.',
        ),
      refreshReplayWindow: z
        .union([z.literal([0, '0']).transform(() => 0), duration])
        .default(10)
        .describe(
          'How long the same request with a used refresh token gets the same answer again. 0 is never; at most 60 seconds.',
        ),
      session: duration.default(14 * 86_400).describe('Single sign-on session, from its last use.'),
      interaction: duration.default(900).describe('How long someone may take to sign in and consent.'),
      consent: duration.default(365 * 86_400).describe('How long consent is remembered.'),
    })
    .prefault({}),
  passwords: z
    .strictObject({
      memory: z.number().int().min(19_456).default(19_456).describe('argon2id memory in KiB.'),
      iterations: z.number().int().min(2).default(2).describe('argon2id passes over the memory.'),
      parallelism: z.number().int().min(1).max(16).default(1).describe('argon2id lanes.'),
      concurrency: z.number().int().min(1).max(64).default(1).describe('Hashes computed at the same time.'),
      queue: z.number().int().min(1).default(250).describe('Hashes waiting; beyond it sign-in answers 503.'),
      minimumLength: z
        .number()
        .int()
        .min(8)
        .max(64)
        .default(12)
        .describe(
          'Characters. Common passwords, the username and the name of the service are refused; there is no other rule (NIST SP 800-63B-4 §3.1.1.2).',
        ),
    })
    .prefault({}),
  accounts: z
    .strictObject({
      uniqueEmail: z
        .boolean()
        .default(false)
        .describe('Whether an email address can be one account’s only, in whatever case it is written.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      enabled: z.boolean().default(true).describe('False takes these away: for measurements only.'),
      authorizationRequests: count(1200).describe(
        'A minute from one network, which is an IPv4 address or an IPv6 /64.',
      ),
      pushedRequests: count(6000).describe('Pushed authorization requests (RFC 9126), likewise.'),
      signInForms: count(600).describe('Sign-in forms, likewise.'),
      wrongClientSecrets: count(100).describe('A minute for one client from one network.'),
    })
    .prefault({}),
  loginProtection: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('False lets anybody guess passwords: for measurements only.'),
      oneNetwork: count(10).describe(
        'Wrong passwords for one account from one network, or on one known device.',
      ),
      allNetworks: count(30).describe('Wrong passwords for one account from all networks.'),
      inARow: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(100)
        .describe(
          'Wrong passwords for one account until somebody signs in; from then on known devices only.',
        ),
      allAccounts: count(200).describe('Wrong passwords from one network for all accounts.'),
      lock: duration
        .default(900)
        .describe('How long these are counted, and what they lock stays locked; at most 15 minutes.'),
      knownDevice: duration
        .default(90 * 86_400)
        .describe('How long a device is known after a sign-in, and not locked with the others.'),
    })
    .prefault({}),
  audit: z
    .strictObject({
      retention: duration.default(90 * 86_400).describe('How long audit events are kept.'),
      maximumEvents: z.number().int().min(1000).default(1_000_000).describe('The newest are kept.'),
    })
    .prefault({}),
  apis: z.array(api).default([]).describe('APIs that access tokens are issued for.'),
  clients: z
    .array(declaredClient)
    .default([])
    .describe('Declared clients: added, changed and removed at every start to match this list.'),
  demo: z
    .boolean()
    .optional()
    .describe('The demo API, clients and account. Default: true in development; refused in production.'),
});

/** What a person writes. */
export type ConfigInput = z.input<typeof schema>;
export type ConfigFile = z.output<typeof schema>;
export type Api = z.output<typeof api>;
export type DeclaredClient = z.output<typeof declaredClient>;
