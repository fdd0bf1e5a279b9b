import { type CompactJWSHeaderParameters, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { AccessRefused, invalidToken } from './access-refused.ts';
import { isUnambiguousJson } from './unambiguous-json.ts';

/** What a verified access token says. */
export interface AccessToken {
  subject: string;
  clientId: string;
  id: string;
  scopes: ReadonlySet<string>;
  /** Epoch seconds. */
  expiresAt: number;
}

export interface VerifierOptions {
  issuer: string;
  audience: string;
  keys: JWTVerifyGetKey;
  algorithms: readonly string[];
  /** How far the issuer's clock may be from ours, in seconds. */
  clockTolerance: number;
}

/** Three non-empty base64url parts (RFC 7515 §7.1): no `alg: none` (empty signature), no JWE (five parts). */
const COMPACT_JWS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** RFC 9068 §4: anything else (an ID token, a logout token, a client assertion) is no access token. */
const TYPES: ReadonlySet<unknown> = new Set(['at+jwt', 'application/at+jwt']);

/** A key comes from the issuer's JWKS and from nowhere else (RFC 8725 §3.10); no extension is understood, so none is critical. */
const REFUSED_HEADERS = ['jwk', 'jku', 'x5c', 'x5u', 'crit', 'b64', 'zip'];

/**
 * Verifies JWT access tokens (RFC 9068 §4).
 * @returns a function that rejects with `AccessRefused`: 401 for a bad token, 503 when the issuer's keys cannot be had
 */
export function accessTokenVerifier(options: VerifierOptions): (token: string) => Promise<AccessToken> {
  const { keys, clockTolerance } = options;
  const checks = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: [...options.algorithms],
    clockTolerance,
    requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
  };
  /** The header is judged before a key is looked up, so that nonsense causes no fetch. */
  const keyFor: JWTVerifyGetKey = (header, token) => {
    checkHeader(header);
    return keys(header, token);
  };

  return async (token) => {
    try {
      checkSyntax(token);
      const { payload } = await jwtVerify(token, keyFor, checks);
      return readClaims(payload, Math.floor(Date.now() / 1000) + clockTolerance);
    } catch (error) {
      if (error instanceof AccessRefused) throw error;
      throw invalidToken(error instanceof Error ? error.message : String(error));
    }
  };
}

/**
 * What jose leaves open. base64url has spare bits at its end, which it ignores: sixteen spellings of one signature would be accepted, and
 * a list of revoked or already seen tokens could be evaded (RFC 4648 §3.5). And of JSON that parsers read differently, the API would
 * check what another reader of the token does not see.
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
  if (!TYPES.has(header.typ)) throw invalidToken('"typ" is not at+jwt');
  const refused = REFUSED_HEADERS.find((name) => Object.hasOwn(header, name));
  if (refused !== undefined) throw invalidToken(`the header has "${refused}"`);
}

/** What jose leaves open: it compares times of any number type, and looks at `iat` only to limit a token's age. */
function readClaims(claims: JWTPayload, latestIssue: number): AccessToken {
  for (const name of ['exp', 'iat', 'nbf'] as const) {
    if (claims[name] !== undefined && !Number.isSafeInteger(claims[name]))
      throw invalidToken(`"${name}" is not whole seconds`);
  }
  if (Number(claims.iat) > latestIssue) throw invalidToken('"iat" is in the future');
  // RFC 7800 §3.1, RFC 9449 §7.2: a token bound to a key is worth nothing without the proof, which is not checked here.
  if (claims.cnf !== undefined)
    throw invalidToken('the token is bound to a key and was sent as a bearer token');
  return {
    subject: nonEmptyString(claims, 'sub'),
    clientId: nonEmptyString(claims, 'client_id'),
    id: nonEmptyString(claims, 'jti'),
    scopes: readScopes(claims.scope),
    expiresAt: Number(claims.exp),
  };
}

function nonEmptyString(claims: JWTPayload, name: string): string {
  const value = claims[name];
  if (typeof value !== 'string' || value === '') throw invalidToken(`"${name}" is not a non-empty string`);
  return value;
}

/** RFC 8693 §4.2: one string, scopes separated by a space. */
function readScopes(scope: unknown): ReadonlySet<string> {
  if (scope === undefined) return new Set();
  if (typeof scope !== 'string') throw invalidToken('"scope" is not a string');
  return new Set(scope.split(' '));
}
