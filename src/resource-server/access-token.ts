import { type CompactJWSHeaderParameters, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { BearerError, invalidToken } from './bearer-error.ts';
import { isUnambiguousJson } from './unambiguous-json.ts';

/** The claims of a verified access token that an API needs. All requests with one token share them. */
export interface AccessToken {
  readonly subject: string;
  readonly clientId: string;
  readonly id: string;
  readonly scopes: ReadonlySet<string>;
  /** Epoch seconds. */
  readonly expiresAt: number;
  /** How the person has signed in (RFC 9068 §2.2.1); undefined for a client that acts for itself. */
  readonly acr: string | undefined;
  /** When, in epoch seconds. */
  readonly authTime: number | undefined;
}

export interface VerifierOptions {
  issuer: string;
  audience: string;
  keys: JWTVerifyGetKey;
  algorithms: readonly string[];
  /** Accepted clock difference to the issuer, in seconds. */
  clockTolerance: number;
}

/** A client sends one token with many requests. Of about a kilobyte each. */
const MAX_VERIFIED_TOKENS = 1000;

/** Three non-empty base64url parts (RFC 7515 §7.1). Excludes `alg: none` (empty signature) and JWE (five parts). */
const COMPACT_JWS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** `typ` values of access tokens (RFC 9068 §4). Excludes other JWTs of the issuer, such as ID tokens and logout tokens. */
const ACCESS_TOKEN_TYPES: ReadonlySet<unknown> = new Set(['at+jwt', 'application/at+jwt']);

/** Keys come only from the issuer's JWKS (RFC 8725 §3.10). No extension is supported, so none may be critical. */
const REJECTED_HEADERS = ['jwk', 'jku', 'x5c', 'x5u', 'crit', 'b64', 'zip'];

/** A token that was verified, and the key that verified it. */
interface Verified {
  accessToken: AccessToken;
  key: unknown;
  /** The arguments of the key lookup. */
  lookup: Parameters<JWTVerifyGetKey>;
}

/**
 * Creates a verifier of JWT access tokens (RFC 9068 §4). A token that was verified is not verified again while it has not expired and the
 * issuer publishes the same key for it.
 * @returns a function that rejects with `BearerError`: 401 for an invalid token, 503 when the issuer's keys are unavailable
 */
export function createAccessTokenVerifier(options: VerifierOptions): (token: string) => Promise<AccessToken> {
  const { keys, clockTolerance } = options;
  const checks = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: [...options.algorithms],
    clockTolerance,
    requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
  };
  const verified = new LRUCache<string, Verified>({ max: MAX_VERIFIED_TOKENS });

  async function verify(token: string): Promise<AccessToken> {
    checkSyntax(token);
    let lookup: Verified['lookup'] | undefined;
    /** Validates the header before the key lookup, so that an invalid token triggers no fetch of the JWKS. */
    const keyFor: JWTVerifyGetKey = (...of) => {
      checkHeader(of[0]);
      lookup = of;
      return keys(...of);
    };
    const { payload, key } = await jwtVerify(token, keyFor, checks);
    const accessToken = readClaims(payload, now() + clockTolerance);
    if (lookup !== undefined) verified.set(token, { accessToken, key, lookup });
    return accessToken;
  }

  return async (token) => {
    try {
      const known = verified.get(token);
      if (
        known !== undefined &&
        known.accessToken.expiresAt + clockTolerance > now() &&
        (await keys(...known.lookup)) === known.key
      ) {
        return known.accessToken;
      }
      return await verify(token);
    } catch (error) {
      if (error instanceof BearerError) throw error;
      throw invalidToken(error instanceof Error ? error.message : String(error));
    }
  };
}

/** Epoch seconds. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}

/**
 * Two checks that jose does not make. It ignores the spare bits at the end of base64url, so sixteen encodings of one signature would
 * be accepted (RFC 4648 §3.5). And it accepts JSON that another parser may read differently, so another service could see other claims
 * than the ones checked here.
 *
 * A list of revoked or used tokens has to compare `jti`, not the text: from each ES256 signature everyone can make a second valid one (n − s).
 */
function checkSyntax(token: string): void {
  const parts = COMPACT_JWS.exec(token)?.slice(1);
  if (parts === undefined) throw invalidToken('not a signed JWT in compact form');
  const decoded = parts.map((part) => Buffer.from(part, 'base64url'));
  if (decoded.some((bytes, index) => bytes.toString('base64url') !== parts[index])) {
    throw invalidToken('a part is not canonical base64url');
  }
  if (!decoded.slice(0, 2).every(isUnambiguousJson)) {
    throw invalidToken('header or claims are not JSON that all parsers read alike');
  }
}

function checkHeader(header: CompactJWSHeaderParameters): void {
  if (!ACCESS_TOKEN_TYPES.has(header.typ)) throw invalidToken('"typ" is not at+jwt');
  const rejected = REJECTED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (rejected !== undefined) throw invalidToken(`the header has "${rejected}"`);
}

/** Checks that jose does not make: whole seconds, `iat` in the past, and the type of each claim. */
function readClaims(claims: JWTPayload, latestIssue: number): AccessToken {
  for (const name of ['exp', 'iat', 'nbf', 'auth_time'] as const) {
    if (claims[name] !== undefined && !Number.isSafeInteger(claims[name]))
      throw invalidToken(`"${name}" is not whole seconds`);
  }
  if (Number(claims.iat) > latestIssue) throw invalidToken('"iat" is in the future');
  // A sender-constrained token is invalid without proof of possession (RFC 7800 §3.1, RFC 9449 §7.2), which is not supported here.
  if (claims.cnf !== undefined)
    throw invalidToken('the token is bound to a key and was sent as a bearer token');
  return Object.freeze({
    subject: nonEmptyString(claims, 'sub'),
    clientId: nonEmptyString(claims, 'client_id'),
    id: nonEmptyString(claims, 'jti'),
    scopes: readScopes(claims.scope),
    expiresAt: Number(claims.exp),
    acr: typeof claims.acr === 'string' ? claims.acr : undefined,
    authTime: claims.auth_time === undefined ? undefined : Number(claims.auth_time),
  });
}

function nonEmptyString(claims: JWTPayload, name: string): string {
  const value = claims[name];
  if (typeof value !== 'string' || value === '') throw invalidToken(`"${name}" is not a non-empty string`);
  return value;
}

/** One string, scopes separated by spaces (RFC 8693 §4.2). */
function readScopes(scope: unknown): ReadonlySet<string> {
  if (scope === undefined) return new Set();
  if (typeof scope !== 'string') throw invalidToken('"scope" is not a string');
  return new Set(scope.split(' '));
}
