import { mailProblems } from './mail-server.ts';
import { parsePkcs11Uri } from './pkcs11-uri.ts';
import { ACCESS_TOKEN_CLAIMS, PROTOCOL_CLAIMS } from './protocol-claims.ts';
import { isReservedName } from './reserved-names.ts';
import { otherSpelling } from './resource-spelling.ts';
import type { ConfigFile } from './schema.ts';
import type { Api, DeclaredClient } from './schema-apis.ts';
import { emailSignInProblems } from './email-sign-in.ts';
import { passkeyProblems } from './relying-party.ts';
import { registrationProblems } from './schema-registration.ts';
import { signUpProblems } from './schema-sign-up.ts';
import { STANDARD_SCOPES } from './standard-scopes.ts';
import { isAddressOrRange } from './trusted-proxies.ts';

export type Mode = 'development' | 'production';

const LOOPBACK_ADDRESSES = new Set(['127.0.0.1', '::1', 'localhost']);

/** Unspecified addresses: all interfaces of the machine (RFC 4291 §2.5.2, RFC 1122 §3.2.1.3). */
const UNSPECIFIED = new Set(['0.0.0.0', '::']);

/**
 * Characters that all proxies and browsers leave as they are (RFC 3986 §2.3). A segment does not begin with a dot, so that no path is one of
 * the well-known ones (RFC 8615). A slash at the end is part of the issuer, and compared like any other character.
 */
const ISSUER_PATH = /^(?:\/|(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+\/?)$/;

/** The path of a cookie that is almost as long as browsers keep begins with it (`oidc/authorization/request-cookie.ts`). */
const MAX_ISSUER_PATH_LENGTH = 100;

/** Checks across several keys, and of values that the schema cannot check. One sentence for each problem. */
export function crossCheck(
  values: ConfigFile & { apis: Api[]; clients: DeclaredClient[]; port: number },
  issuer: URL,
  mode: Mode,
  demo: boolean,
): string[] {
  return [
    ...issuerProblems(values.issuer, issuer, mode),
    ...demoProblems(values.host, mode, demo),
    ...portProblems(values),
    ...keyProblems(values),
    ...profileProblems(values),
    ...limitProblems(values),
    ...values.trustedProxies
      .filter((proxy) => !isAddressOrRange(proxy))
      .map((proxy) => `trustedProxies: "${proxy}" is not an address or a CIDR range`),
    ...apiProblems(values.apis),
    ...algorithmProblems(values),
    ...registrationProblems(values),
    ...passkeyProblems(values.passkeys, issuer),
    ...mailProblems(values),
    ...signUpProblems(values, mode === 'production'),
    ...emailSignInProblems(values, mode === 'production'),
    ...duplicates(values.clients.map((client) => client.client_id)).map(
      (id) => `clients: ${id} is declared twice`,
    ),
  ];
}

function issuerProblems(written: string, issuer: URL, mode: Mode): string[] {
  const problems: string[] = [];
  const { origin, pathname, search, hash, username } = issuer;
  const normal = pathname === '/' ? origin : origin + pathname;
  if (search !== '' || hash !== '' || username !== '') {
    problems.push('issuer: must be scheme, host, port and path only, without a query or fragment');
  } else if (!ISSUER_PATH.test(pathname)) {
    problems.push(
      'issuer: its path may have letters, digits, and inside of its segments also . - _ and ~; nothing is percent-encoded',
    );
  } else if (pathname.length > MAX_ISSUER_PATH_LENGTH) {
    problems.push(`issuer: its path may have ${MAX_ISSUER_PATH_LENGTH} characters at most`);
  } else if (written !== normal) {
    problems.push(`issuer: write it in its normal form, ${normal}`);
  }
  if (mode === 'production' && issuer.protocol !== 'https:') {
    problems.push('issuer: must be https unless the host is localhost');
  }
  return problems;
}

function demoProblems(host: string, mode: Mode, demo: boolean): string[] {
  if (!demo) return [];
  const secrets = 'the demo clients and account have public secrets and';
  if (mode === 'production') return [`demo: ${secrets} are refused in production; remove the key`];
  return LOOPBACK_ADDRESSES.has(host)
    ? []
    : [`host: ${secrets} must not be reachable at ${host}; set demo: false`];
}

function portProblems({
  host,
  port,
  management,
}: Pick<ConfigFile, 'host' | 'management'> & { port: number }) {
  const name = (address: string): string => (LOOPBACK_ADDRESSES.has(address) ? 'loopback' : address);
  const overlap =
    name(host) === name(management.host) || UNSPECIFIED.has(host) || UNSPECIFIED.has(management.host);
  return port !== 0 && port === management.port && overlap
    ? [`management.port: is the port of the server, ${port}; set SIGNET_MANAGEMENT_PORT to another port`]
    : [];
}

function keyProblems({ keys, masterKey, hsm }: ConfigFile): string[] {
  const problems = hsmProblems(hsm);
  if (keys === 'store' && masterKey === undefined) {
    problems.unshift(
      'masterKey: keys in the store need one; set SIGNET_MASTER_KEY (generate one with openssl rand -base64 32)',
    );
  }
  return problems;
}

/** Keys for several nodes, and keys in an HSM, are those of a real installation. */
function profileProblems({ profile, keys, hsm }: ConfigFile): string[] {
  if (profile === undefined || (keys !== 'store' && hsm.uri === undefined)) return [];
  const real = keys === 'store' ? 'keys in the store' : 'keys in an HSM';
  return [`profile: ${profile} is for tests and is refused with ${real}; remove it`];
}

function hsmProblems({ uri, pin }: ConfigFile['hsm']): string[] {
  if (uri === undefined) return pin === undefined ? [] : ['hsm.pin: is for hsm.uri, which is not set'];
  try {
    parsePkcs11Uri(uri);
  } catch (error) {
    return [`hsm.uri: ${error instanceof Error ? error.message : String(error)}`];
  }
  return pin === undefined ? ['hsm.pin: the token needs one; set SIGNET_HSM_PIN_FILE'] : [];
}

function limitProblems({ lifetimes, passwords, loginProtection }: ConfigFile): string[] {
  const problems: string[] = [];
  if (lifetimes.authorizationCode > 60) {
    problems.push('lifetimes.authorizationCode: at most 60 seconds');
  }
  if (lifetimes.refreshReplayWindow > 60) {
    problems.push('lifetimes.refreshReplayWindow: at most 60 seconds');
  }
  if (lifetimes.refreshTokenFamily < lifetimes.refreshToken) {
    problems.push('lifetimes.refreshTokenFamily: must not be shorter than lifetimes.refreshToken');
  }
  for (const [group, ofGroup] of Object.entries(lifetimes.groups)) {
    for (const name of ['session', 'sessionMaximum'] as const) {
      if ((ofGroup[name] ?? 0) > lifetimes[name])
        problems.push(`lifetimes.groups.${group}.${name}: must not be longer than lifetimes.${name}`);
    }
  }
  if (passwords.memory < 8 * passwords.parallelism) {
    problems.push('passwords.memory: at least 8 KiB for each of passwords.parallelism');
  }
  if (loginProtection.lock > 900) {
    problems.push(
      'loginProtection.lock: at most 15 minutes, because an attacker can cause locks of other accounts',
    );
  }
  return problems;
}

function apiProblems(apis: readonly Api[]): string[] {
  const audiences = apis.map(({ audience }) => audience);
  const scopes = apis.flatMap((api) => Object.keys(api.scopes));
  return [
    ...duplicates(audiences).map((audience) => `apis: ${audience} is declared twice`),
    ...audiences
      .filter((audience) => !audience.endsWith('/') && audiences.includes(otherSpelling(audience) ?? ''))
      .map(
        (audience) =>
          `apis: ${audience} and ${audience}/ are one resource (RFC 3986 §6.2.3); declare one of them`,
      ),
    ...duplicates(scopes).map((scope) => `apis: the scope ${scope} belongs to two APIs; a scope names one`),
    ...scopes
      .filter((scope) => STANDARD_SCOPES.has(scope))
      .map((scope) => `apis: ${scope} is a scope of OpenID Connect`),
    ...apis.flatMap((api) => [...defaultScopeProblems(api), ...clientProblems(api), ...claimProblems(api)]),
  ];
}

function algorithmProblems({
  apis,
  signingAlgorithms,
}: Pick<ConfigFile, 'signingAlgorithms'> & { apis: readonly Api[] }): string[] {
  return apis
    .filter(({ signingAlgorithm }) => !signingAlgorithms.includes(signingAlgorithm))
    .map(
      ({ audience, signingAlgorithm }) =>
        `apis: signingAlgorithm of ${audience} is ${signingAlgorithm}, which is not one of signingAlgorithms: ${signingAlgorithms.join(', ')}`,
    );
}

function defaultScopeProblems({ audience, scopes, defaultScopes = [] }: Api): string[] {
  return defaultScopes
    .filter((scope) => !Object.hasOwn(scopes, scope))
    .map((scope) => `apis: ${scope} in defaultScopes of ${audience} is not one of its scopes`);
}

/** `oidc/tokens/api-access.ts` grants no client access to such an API. */
function clientProblems({ audience, scopes, clients }: Api): string[] {
  if (Object.keys(scopes).length > 0 || clients.length > 0) return [];
  return [`apis: ${audience} has no scopes, so no client may have tokens for it; list their ids in clients`];
}

function claimProblems({ audience, accessTokenClaims }: Api): string[] {
  const isReserved = (name: string): boolean =>
    PROTOCOL_CLAIMS.has(name) || ACCESS_TOKEN_CLAIMS.has(name) || isReservedName(name);
  return [
    ...accessTokenClaims
      .filter(isReserved)
      .map((name) => `apis: ${name} in accessTokenClaims of ${audience} is set by the server; remove it`),
    ...duplicates(accessTokenClaims).map(
      (name) => `apis: ${name} is twice in accessTokenClaims of ${audience}`,
    ),
  ];
}

function duplicates(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
