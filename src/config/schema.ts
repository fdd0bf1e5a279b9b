import { z } from 'zod';
import { duration } from './duration.ts';

/**
 * The shape of `signet.yaml`, its defaults and the description of each key. No other file names a key; `signet config schema` publishes
 * this as JSON Schema, docs/configuration.md is generated from it, and `signet.example.yaml` is checked against it.
 */

const port = z.number().int().min(0).max(65_535);

const count = (preset: number) => z.number().int().min(1).default(preset);

/** Scope token, RFC 6749 §3.3. */
const scopeToken = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'must be a scope token (RFC 6749 §3.3)');

/** Description and sensitivity of a scope; a plain text becomes `{ description, sensitive: false }`. */
const scopeWords = z
  .union(
    [
      z
        .string()
        .min(1)
        .transform((description) => ({ description, sensitive: false })),
      z.strictObject({
        description: z.string().min(1).describe('Description of the scope on the consent page.'),
        sensitive: z
          .boolean()
          .default(false)
          .describe('True: never granted by default, only to a request that names it.'),
      }),
    ],
    'must be words for the consent page, or description (words) and sensitive (true or false)',
  )
  .describe('Description on the consent page, or `description` and `sensitive: true`.');

const api = z.strictObject({
  audience: z.url().describe('Resource indicator and `aud` of its access tokens (RFC 8707, RFC 9068).'),
  name: z.string().min(1).describe('Name of the API on the consent page.'),
  scopes: z
    .record(scopeToken, scopeWords)
    .describe(
      'Scope → its description on the consent page; or `{ description, sensitive: true }` for a scope that is never granted by default.',
    ),
  defaultScopes: z
    .array(scopeToken)
    .optional()
    .describe(
      'Scopes of a request without `scope`, if the client is registered for them. Default: all scopes that are not sensitive. With an empty list, such a request is refused.',
    ),
  clients: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Ids of clients that may get tokens for it without a registered scope of it. Required for an API without scopes.',
    ),
  introspectionClients: z
    .array(z.string().min(1))
    .optional()
    .describe(
      'Ids of clients that may introspect its access tokens, usually the client of the API itself. Every client may introspect its own tokens.',
    ),
  accessTokenLifetime: duration.optional().describe('Overrides `lifetimes.accessToken` for this API.'),
});

/** RFC 7591 §2 metadata plus Signet's own switches. Cross-checks are in `clients/metadata.ts`. */
const declaredClient = z
  .looseObject({ client_id: z.string().min(1), client_secret: z.string().min(1).optional() })
  .describe('Client metadata with the registered names (RFC 7591 §2); see docs/clients.md.');

export const schema = z.strictObject({
  issuer: z
    .url({ protocol: /^https?$/ })
    .default('http://localhost:3000')
    .describe(
      'Issuer identifier, the base of every URL that the server publishes. https, except on localhost. Default: localhost with `port`.',
    ),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: port
    .optional()
    .describe('Port to listen on. Default: the port of an issuer on localhost, otherwise 3000.'),
  store: z
    .string()
    .min(1)
    .default('sqlite:./data/signet.db')
    .describe(
      'Address of the store: `sqlite:PATH`, or `redis://…`, `redis+sentinel://…`, `redis+cluster://…` (docs/redis.md).',
    ),
  keys: z
    .string()
    .min(1)
    .default('./keys')
    .describe(
      'Directory of the signing keys; or `store` to keep them in the store, sealed with the master key, for several nodes.',
    ),
  masterKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Key that seals signing keys in the store: 32 bytes in base64. To rotate it, write the new one, a comma, and the old one.',
    ),
  keyRotation: duration
    .default(90 * 86_400)
    .describe('Time for which a key signs before its successor takes over.'),
  hsm: z
    .strictObject({
      uri: z
        .string()
        .optional()
        .describe('PKCS#11 URI of the token in which new private keys are generated (docs/keys.md).'),
      pin: z
        .string()
        .min(1)
        .optional()
        .describe('User PIN of the token; preferably in a file, `SIGNET_HSM_PIN_FILE`.'),
      sessions: z
        .number()
        .int()
        .min(1)
        .max(32)
        .default(2)
        .describe('Number of concurrent signatures of a process; each has a thread.'),
      binding: z
        .string()
        .min(1)
        .default('pkcs11js')
        .describe('Package of the PKCS#11 binding, or the path where it is installed.'),
    })
    .prefault({}),
  management: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Address of the management port.'),
      port: port.default(9000).describe('Port for /healthz, /readyz and /metrics; 0 picks a free one.'),
      hosts: z
        .array(z.string().regex(/^[a-z0-9._-]+$/i, 'expected a name without a port'))
        .default([])
        .describe(
          'Names under which it answers, in addition to IP addresses, localhost and `host`; others get 421.',
        ),
    })
    .prefault({}),
  trustedProxies: z
    .array(z.string().min(1))
    .default([])
    .describe('Addresses or CIDR ranges of reverse proxies whose X-Forwarded-For is trusted.'),
  log: z
    .strictObject({
      level: z
        .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
        .default('info')
        .describe('Minimum severity of the lines that are written.'),
      format: z
        .enum(['json', 'pretty'])
        .optional()
        .describe('Default: pretty in development on a terminal, otherwise json.'),
    })
    .prefault({}),
  brand: z
    .strictObject({
      name: z.string().min(1).max(60).default('Signet').describe('Name on every page.'),
      logo: z.string().min(1).optional().describe('Path of an SVG, PNG or WebP file.'),
      color: z
        .string()
        .regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour like #3056d3')
        .default('#3056d3')
        .describe('Accent colour; text on it is black or white, depending on the contrast.'),
      links: z
        .array(
          z.strictObject({
            label: z.string().min(1).max(40).describe('Text of the link.'),
            url: z
              .url({ protocol: /^(?:https|mailto)$/, error: 'must be an https or mailto address' })
              .describe('Address of the link.'),
          }),
        )
        .max(8)
        .default([])
        .describe(
          'Links at the foot of every page, such as help, imprint, privacy; each has a `label` and a `url`.',
        ),
    })
    .prefault({}),
  lifetimes: z
    .strictObject({
      accessToken: duration.default(300).describe('Keep it short: a JWT is valid until it expires.'),
      idToken: duration.default(3600).describe('Lifetime of an ID token.'),
      authorizationCode: duration.default(60).describe('Lifetime of a code; at most 60 seconds.'),
      refreshToken: duration.default(30 * 86_400).describe('Of one refresh token; each use issues another.'),
      refreshTokenFamily: duration
        .default(90 * 86_400)
        .describe('Absolute lifetime of all refresh tokens of one sign-in, independent of their use.'),
      refreshReplayWindow: z
        .union([z.literal([0, '0']).transform(() => 0), duration])
        .default(10)
        .describe(
          'Time in which a repeated request with a used refresh token gets the same answer. 0 turns this off; at most 60 seconds.',
        ),
      session: duration.default(14 * 86_400).describe('Idle timeout of the single sign-on session.'),
      interaction: duration.default(900).describe('Time limit for sign-in and consent.'),
      consent: duration.default(365 * 86_400).describe('Time for which consent is remembered.'),
    })
    .prefault({}),
  passwords: z
    .strictObject({
      memory: z.number().int().min(19_456).default(19_456).describe('argon2id memory in KiB.'),
      iterations: z.number().int().min(2).default(2).describe('argon2id passes over the memory.'),
      parallelism: z.number().int().min(1).max(16).default(1).describe('argon2id lanes.'),
      concurrency: z.number().int().min(1).max(64).default(1).describe('Number of concurrent hashes.'),
      queue: z
        .number()
        .int()
        .min(1)
        .default(250)
        .describe('Maximum number of waiting hashes; when it is exceeded, sign-in answers 503.'),
      minimumLength: z
        .number()
        .int()
        .min(8)
        .max(64)
        .default(12)
        .describe(
          'Minimum number of characters. Common passwords, the username and the name of the service are refused; there is no other rule (NIST SP 800-63B-4 §3.1.1.2).',
        ),
    })
    .prefault({}),
  accounts: z
    .strictObject({
      uniqueEmail: z
        .boolean()
        .default(false)
        .describe('True: an email address belongs to one account only, compared without case.'),
    })
    .prefault({}),
  limits: z
    .strictObject({
      enabled: z.boolean().default(true).describe('False turns these limits off; for load tests only.'),
      authorizationRequests: count(1200).describe('Per minute from one network (IPv4 address or IPv6 /64).'),
      pushedRequests: count(6000).describe('Pushed requests (RFC 9126), per minute from one network.'),
      signInForms: count(600).describe('Sign-in forms per minute from one network.'),
      wrongClientSecrets: count(100).describe('Wrong secrets per minute for one client from one network.'),
    })
    .prefault({}),
  loginProtection: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('False turns these limits off, so that passwords can be guessed; for load tests only.'),
      oneNetwork: count(10).describe('Wrong passwords for one account from one network or known device.'),
      allNetworks: count(30).describe('Wrong passwords for one account from all networks.'),
      inARow: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(100)
        .describe(
          'Wrong passwords for one account without a successful sign-in; when reached, only known devices can sign in.',
        ),
      allAccounts: count(200).describe('Wrong passwords for all accounts from one network.'),
      lock: duration
        .default(900)
        .describe('Time for which wrong passwords are counted and a lock lasts; at most 15 minutes.'),
      knownDevice: duration
        .default(90 * 86_400)
        .describe('Time for which a device is known after a sign-in and exempt from locks of new devices.'),
    })
    .prefault({}),
  audit: z
    .strictObject({
      retention: duration.default(90 * 86_400).describe('Time for which audit events are kept.'),
      maximumEvents: z
        .number()
        .int()
        .min(1000)
        .default(1_000_000)
        .describe('Maximum number of audit events; the oldest are deleted.'),
    })
    .prefault({}),
  apis: z.array(api).default([]).describe('APIs for which access tokens are issued.'),
  clients: z
    .array(declaredClient)
    .default([])
    .describe('Declared clients, reconciled with the store at every start.'),
  demo: z
    .boolean()
    .optional()
    .describe(
      'True adds the demo API, clients and account. Default: true in development; refused in production.',
    ),
});

/** The configuration as it is written in the file. */
export type ConfigInput = z.input<typeof schema>;
export type ConfigFile = z.output<typeof schema>;
export type Api = z.output<typeof api>;
export type DeclaredClient = z.output<typeof declaredClient>;
