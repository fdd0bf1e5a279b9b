import * as v from 'valibot';
import { duration } from './duration.ts';
import { hostPattern } from './host-pattern.ts';
import type { Api } from './schema-apis.ts';
import { key, number, oneOf, text, withDefault } from './schema-values.ts';
import { STANDARD_SCOPES } from './standard-scopes.ts';

/** The keys of `signet.yaml` for clients that register themselves (RFC 7591). */

export const REGISTRATION_MODES = ['off', 'token', 'open'] as const;
export type RegistrationMode = (typeof REGISTRATION_MODES)[number];

const scheme = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9+-]*$/, 'expected a scheme without a dot and a colon, in lower case'),
);

const publicKey = v.looseObject({ kty: v.picklist(['RSA', 'EC', 'OKP'], 'expected RSA, EC or OKP') });

const statementIssuer = v.strictObject({
  issuer: key(text, '`iss` of its software statements.'),
  jwks: key(
    v.strictObject({ keys: v.pipe(v.array(publicKey), v.minLength(1, 'expected at least one key')) }),
    'Its public keys, as a JWK Set.',
  ),
});

/** Hosts whose metadata documents are clients. */
const documents = v.union(
  [v.picklist(['off', 'open']), v.array(hostPattern)],
  'expected off, open or a list of host names',
);

export type DocumentHosts = v.InferOutput<typeof documents>;

export const registration = v.strictObject({
  mode: withDefault(
    oneOf(REGISTRATION_MODES),
    'Who may register a client: no one (`off`), the holder of a token of `signet registration token add`, or everyone (`open`). `registration: open` is short for this key.',
    'off',
  ),
  scopes: withDefault(
    v.array(text),
    'Scopes that a client may register without a token, of OpenID Connect and of APIs; others are left out.',
    ['openid', 'profile', 'email', 'offline_access'],
  ),
  redirectHosts: withDefault(
    v.array(hostPattern),
    'Hosts of https redirect URIs; `*.example.com` has all names below. Without any, every public host is allowed.',
    [],
  ),
  loopback: withDefault(v.boolean(), 'Whether redirect URIs may be http on a loopback address.', true),
  appSchemes: withDefault(
    v.boolean(),
    'Whether redirect URIs may have a scheme that is a reversed domain name, such as `com.example.app:/callback`.',
    true,
  ),
  dotlessSchemes: withDefault(
    v.array(scheme),
    'Schemes without a dot that redirect URIs may have, such as `cursor`. Any app on a device can register them.',
    [],
  ),
  pkce: withDefault(
    oneOf(['required', 'required_or_nonce']),
    'PKCE of confidential clients that register themselves. Public clients always need it.',
    'required',
  ),
  documents: withDefault(
    documents,
    'Whether the `client_id` may be the https address of a document with the metadata of the client (client ID metadata documents): `off`, `open`, or a list of hosts such as `*.example.com`. Scopes, redirect URIs and PKCE are as for clients that register themselves; `mode` does not matter.',
    'off',
  ),
  implicit: withDefault(
    v.boolean(),
    'Whether clients may register the implicit and hybrid flows, which are no longer recommended (RFC 9700 §2.1.2).',
    false,
  ),
  perNetwork: withDefault(
    number(1),
    'Requests per hour from one network (IPv4 address or IPv6 /64), and metadata documents that it names for the first time.',
    100,
  ),
  overall: withDefault(number(1), 'Clients per hour that register without a token.', 1000),
  unusedAfter: withDefault(
    duration,
    'Time without a sign-in or a token after which a client is removed; at least 2 days. One that was never used is removed after 7 days at the latest.',
    90 * 86_400,
  ),
  softwareStatements: withDefault(
    v.array(statementIssuer),
    'Issuers of software statements that are trusted (RFC 7591 §2.3); each has `issuer` and `jwks`.',
    [],
  ),
});

export type RegistrationConfig = v.InferOutput<typeof registration>;

const DAY = 86_400;

/** Checks with other keys. One sentence for each problem. */
export function registrationProblems({
  registration: { scopes, unusedAfter },
  apis,
}: {
  registration: RegistrationConfig;
  apis: readonly Pick<Api, 'scopes'>[];
}): string[] {
  const known = new Set([...STANDARD_SCOPES, ...apis.flatMap((api) => Object.keys(api.scopes))]);
  return [
    ...scopes
      .filter((scope) => !known.has(scope))
      .map((scope) => `registration.scopes: ${scope} is neither of OpenID Connect nor of a declared API`),
    ...(unusedAfter < 2 * DAY
      ? ['registration.unusedAfter: at least 2 days, because the last use is stored once a day']
      : []),
  ];
}
