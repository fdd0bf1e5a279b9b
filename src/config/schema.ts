import * as v from 'valibot';
import type { MfaMode } from './authentication-context.ts';
import { duration, durationOrZero } from './duration.ts';
import { account } from './schema-account.ts';
import { api, declaredClient } from './schema-apis.ts';
import { registration, type RegistrationMode } from './schema-registration.ts';
import { requestObjects } from './schema-request-objects.ts';
import { outbound } from './schema-outbound.ts';
import { signUp, type SignUpMode, terms } from './schema-sign-up.ts';
import { logout } from './schema-logout.ts';
import { mail } from './schema-mail.ts';
import { EMAIL_SIGN_IN_MODES } from './email-sign-in.ts';
import { mfa } from './schema-mfa.ts';
import { passkeys } from './schema-passkeys.ts';
import { key, number, oneOf, optional, text, withDefault } from './schema-values.ts';
import { signingAlgorithms } from './signing-algorithms.ts';
import { HTTP, url } from './url.ts';

/**
 * The keys of `signet.yaml`: types, defaults and descriptions. The only place that names a key. `signet config schema` publishes it as JSON
 * Schema, and `docs/configuration.md` and `signet.example.yaml` are checked against it.
 */

const port = number(0, 65_535);

const hsm = v.strictObject({
  uri: optional(
    v.string(),
    'PKCS#11 URI of the token in which new private keys are generated (docs/keys.md).',
  ),
  pin: optional(text, 'User PIN of the token; preferably in a file, `SIGNET_HSM_PIN_FILE`.'),
  sessions: withDefault(number(1, 32), 'Number of concurrent signatures of a process; each has a thread.', 2),
  binding: withDefault(
    text,
    'Package of the PKCS#11 binding, or the path where it is installed.',
    'pkcs11js',
  ),
});

const management = v.strictObject({
  host: withDefault(text, 'Address of the management port.', '127.0.0.1'),
  port: withDefault(port, 'Port for /healthz, /readyz and /metrics; 0 picks a free one.', 9000),
  hosts: withDefault(
    v.array(v.pipe(v.string(), v.regex(/^[a-z0-9._-]+$/i, 'expected a name without a port'))),
    'Names under which it answers, in addition to IP addresses, localhost and `host`; others get 421.',
    [],
  ),
});

const log = v.strictObject({
  level: withDefault(
    oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'Minimum severity of the lines that are written.',
    'info',
  ),
  format: optional(
    oneOf(['json', 'pretty']),
    'Default: pretty in development on a terminal, otherwise json.',
  ),
});

const brand = v.strictObject({
  name: withDefault(v.pipe(text, v.maxLength(60)), 'Name on every page.', 'Signet'),
  logo: optional(text, 'Path of an SVG, PNG or WebP file.'),
  color: withDefault(
    v.pipe(v.string(), v.regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour like #3056d3')),
    'Accent colour; text on it is black or white, depending on the contrast.',
    '#3056d3',
  ),
  links: withDefault(
    v.pipe(
      v.array(
        v.strictObject({
          label: key(v.pipe(text, v.maxLength(40)), 'Text of the link.'),
          url: url('must be an https or mailto address', {
            protocol: /^(?:https|mailto)$/,
            description: 'Address of the link.',
          }),
        }),
      ),
      v.maxLength(8),
    ),
    'Links at the foot of every page, such as help, imprint, privacy; each has a `label` and a `url`.',
    [],
  ),
});

const groupLifetimes = v.strictObject({
  session: optional(duration, 'Idle timeout; not longer than that of everybody.'),
  sessionMaximum: optional(duration, 'Absolute lifetime; not longer than that of everybody.'),
});

const lifetimes = v.strictObject({
  accessToken: withDefault(duration, 'Keep it short: a JWT is valid until it expires.', 300),
  idToken: withDefault(duration, 'Lifetime of an ID token.', 3600),
  authorizationCode: withDefault(duration, 'Lifetime of a code; at most 60 seconds.', 60),
  refreshToken: withDefault(duration, 'Of one refresh token; each use issues another.', 30 * 86_400),
  refreshTokenFamily: withDefault(
    duration,
    'Absolute lifetime of all refresh tokens of one sign-in, independent of their use.',
    90 * 86_400,
  ),
  refreshReplayWindow: withDefault(
    durationOrZero,
    'Time in which a repeated request with a used refresh token gets the same answer. 0 turns this off; at most 60 seconds.',
    10,
  ),
  session: withDefault(duration, 'Idle timeout of the single sign-on session.', 14 * 86_400),
  sessionMaximum: withDefault(
    duration,
    'Absolute lifetime of a session, from the sign-in on, however much it is used.',
    90 * 86_400,
  ),
  groups: withDefault(
    v.record(text, groupLifetimes),
    'Shorter sessions for the members of a group: `session` and `sessionMaximum` by its name, as `admins: { session: 30m, sessionMaximum: 12h }`. The shortest of all groups counts, also for sessions that exist.',
    {},
  ),
  interaction: withDefault(duration, 'Time limit for sign-in and consent.', 900),
  consent: withDefault(duration, 'Time for which consent is remembered.', 365 * 86_400),
});

const passwords = v.strictObject({
  memory: withDefault(number(19_456), 'argon2id memory in KiB.', 19_456),
  iterations: withDefault(number(2), 'argon2id passes over the memory.', 2),
  parallelism: withDefault(number(1, 16), 'argon2id lanes.', 1),
  concurrency: withDefault(number(1, 64), 'Number of concurrent hashes.', 1),
  queue: withDefault(
    number(1),
    'Maximum number of waiting hashes; when it is exceeded, sign-in answers 503.',
    250,
  ),
  minimumLength: withDefault(
    number(8, 64),
    'Minimum number of characters. Common passwords, patterns, the username and the name of the service are refused; there is no other rule (NIST SP 800-63B-4 §3.1.1.2).',
    12,
  ),
});

const accounts = v.strictObject({
  uniqueEmail: withDefault(
    v.boolean(),
    'True: an email address belongs to one account only, compared without case.',
    false,
  ),
});

const limits = v.strictObject({
  enabled: withDefault(v.boolean(), 'False turns these limits off; for load tests only.', true),
  authorizationRequests: withDefault(
    number(1),
    'Per minute from one network (IPv4 address or IPv6 /64).',
    1200,
  ),
  pushedRequests: withDefault(number(1), 'Pushed requests (RFC 9126), per minute from one network.', 6000),
  signInForms: withDefault(number(1), 'Sign-in forms per minute from one network.', 600),
  wrongClientSecrets: withDefault(
    number(1),
    'Wrong secrets per minute for one client from one network.',
    100,
  ),
});

const loginProtection = v.strictObject({
  enabled: withDefault(
    v.boolean(),
    'False turns these limits off, so that passwords can be guessed; for load tests only.',
    true,
  ),
  oneNetwork: withDefault(number(1), 'Wrong passwords for one account from one network or known device.', 10),
  allNetworks: withDefault(number(1), 'Wrong passwords for one account from all networks.', 30),
  inARow: withDefault(
    number(1, 100),
    'Wrong passwords for one account without a successful sign-in; when reached, only known devices can sign in.',
    100,
  ),
  allAccounts: withDefault(number(1), 'Wrong passwords for all accounts from one network.', 200),
  lock: withDefault(
    duration,
    'Time for which wrong passwords are counted and a lock lasts; at most 15 minutes.',
    900,
  ),
  knownDevice: withDefault(
    duration,
    'Time for which a device is known after a sign-in and exempt from locks of new devices.',
    90 * 86_400,
  ),
});

const audit = v.strictObject({
  retention: withDefault(duration, 'Time for which audit events are kept.', 90 * 86_400),
  maximumEvents: withDefault(
    number(1000),
    'Maximum number of audit events; the oldest are deleted.',
    1_000_000,
  ),
});

export const schema = v.strictObject({
  issuer: withDefault(
    url('expected a URL, for instance https://login.example.com', { protocol: HTTP }),
    'Issuer identifier, the base of every URL that the server publishes; may have a path. https, except on localhost. Default: localhost with `port`.',
    'http://localhost:3000',
  ),
  host: withDefault(text, 'Address to listen on.', '127.0.0.1'),
  port: optional(port, 'Port to listen on. Default: the port of an issuer on localhost, otherwise 3000.'),
  store: withDefault(
    text,
    'Address of the store: `sqlite:PATH`, or `redis://…`, `redis+sentinel://…`, `redis+cluster://…` (docs/redis.md).',
    'sqlite:./data/signet.db',
  ),
  keys: withDefault(
    text,
    'Directory of the signing keys; or `store` to keep them in the store, sealed with the master key, for several nodes.',
    './keys',
  ),
  masterKey: optional(
    text,
    'Key that seals signing keys and what else must be read again in the store: 32 bytes in base64. To rotate it, write the new one, a comma, and the old one.',
  ),
  signingAlgorithms: withDefault(
    signingAlgorithms,
    'Algorithms that clients and APIs may choose for their tokens; each has keys of its own. RS256 is always one of them.',
    ['RS256'],
  ),
  keyRotation: withDefault(
    duration,
    'Time for which a key signs before its successor takes over.',
    90 * 86_400,
  ),
  hsm: v.optional(hsm, {}),
  management: v.optional(management, {}),
  trustedProxies: withDefault(
    v.array(text),
    'Addresses or CIDR ranges of reverse proxies whose X-Forwarded-For and X-Forwarded-Prefix are trusted.',
    [],
  ),
  log: v.optional(log, {}),
  brand: v.optional(brand, {}),
  lifetimes: v.optional(lifetimes, {}),
  logout: v.optional(logout, {}),
  passwords: v.optional(passwords, {}),
  passkeys: v.optional(passkeys, {}),
  accounts: v.optional(accounts, {}),
  account: v.optional(account, {}),
  limits: v.optional(limits, {}),
  loginProtection: v.optional(loginProtection, {}),
  mfa: v.optional(mfa, {}),
  emailSignIn: withDefault(
    oneOf(EMAIL_SIGN_IN_MODES),
    'Whether people may sign in with a mail instead of their password: with a `link`, or with a `code` to type. It is the weakest sign-in, with the lowest `acr`, and needs `mail.server`.',
    'off',
  ),
  registration: v.optional(registration, {}),
  signUp: v.optional(signUp, {}),
  terms: v.optional(terms, {}),
  audit: v.optional(audit, {}),
  requestObjects: v.optional(requestObjects, {}),
  outbound: v.optional(outbound, {}),
  mail: v.optional(mail, {}),
  apis: withDefault(v.array(api), 'APIs for which access tokens are issued.', []),
  clients: withDefault(
    v.array(declaredClient),
    'Declared clients, reconciled with the store at every start.',
    [],
  ),
  include: optional(
    v.array(text),
    'Further files, relative to this one; with patterns such as `clients/*.yaml`. Their `apis` and `clients` are added to these; every other key may be in one file only.',
  ),
  profile: optional(
    oneOf(['conformance']),
    'Testing only, never for real accounts: `conformance` relaxes rules for the conformance suite of the OpenID Foundation (docs/conformance.md). Refused with `keys: store` and with an HSM.',
  ),
  demo: optional(
    v.boolean(),
    'True adds the demo API, clients and account. Default: true in development; refused in production.',
  ),
});

/** The content of `signet.yaml`. */
export type ConfigInput = Omit<SchemaInput, 'registration' | 'signUp' | 'mfa'> & {
  registration?: SchemaInput['registration'] | RegistrationMode;
  signUp?: SchemaInput['signUp'] | SignUpMode;
  mfa?: SchemaInput['mfa'] | MfaMode;
};
type SchemaInput = v.InferInput<typeof schema>;
/** With all defaults. */
export type ConfigFile = v.InferOutput<typeof schema>;
