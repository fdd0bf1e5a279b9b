import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import * as v from 'valibot';
import { issuerUrl } from '../config/issuer.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../config/signing-algorithms.ts';
import { HTTP, url } from '../config/url.ts';
import { DISCOVERY_PATHS } from '../http/paths.ts';
import type { KeySource } from '../signing/key-source.ts';
import { openKeyRing } from '../signing/ring.ts';
import { formatTime } from './output.ts';
import { TOKEN_KINDS, type TokenKind, tokenKind } from './token-kind.ts';

/** Decoding and verification of a token, and the look-up of the keys. */

export interface DecodedToken {
  header: ProtectedHeaderParameters;
  payload: JWTPayload;
}

/** Asymmetric algorithms only, also of other issuers. */
const ALGORITHMS = [...SIGNING_ALGORITHMS, 'Ed25519'];

const FETCH_TIMEOUT_MS = 5000;

/** @throws Error with one sentence for a text that is not a signed JWT */
export function decodeToken(token: string): DecodedToken {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) };
  } catch (error) {
    throw new Error('this is not a signed JWT; the introspection endpoint answers for opaque tokens', {
      cause: error,
    });
  }
}

/** @throws Error with one sentence that says why the token is not valid */
export async function verifyToken(
  token: string,
  expected: {
    keys: JWTVerifyGetKey;
    issuer: string;
    audience: string | undefined;
    /** Undefined: any kind. */
    kind?: TokenKind | undefined;
    /** The one that the token must have. Undefined: that of its key. */
    algorithm?: SigningAlgorithm | undefined;
  },
): Promise<DecodedToken & { kind: TokenKind }> {
  const kind = tokenKind(decodeToken(token));
  if (expected.kind !== undefined && kind !== expected.kind) {
    throw new Error(`the token is not valid: it is ${TOKEN_KINDS[kind]}, not ${TOKEN_KINDS[expected.kind]}`);
  }
  try {
    const { protectedHeader, payload } = await jwtVerify(token, expected.keys, {
      issuer: expected.issuer,
      algorithms: expected.algorithm === undefined ? ALGORITHMS : [expected.algorithm],
      requiredClaims: ['exp'],
      ...(expected.audience !== undefined && { audience: expected.audience }),
    });
    return { header: protectedHeader, payload, kind };
  } catch (error) {
    throw new Error(`the token is not valid: ${reason(error, expected)}`, { cause: error });
  }
}

/** The published keys of an issuer, from its discovery document (OpenID Connect Discovery §4). */
export async function issuerKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const address = issuerUrl(issuer, DISCOVERY_PATHS[0]);
  const { success, output: document } = v.safeParse(discovery, await fetchJson(address));
  if (!success) throw new Error(`${address} is not a discovery document`);
  if (document.issuer !== issuer) {
    throw new Error(`${address} has the issuer ${document.issuer}, not ${issuer}`);
  }
  return createRemoteJWKSet(new URL(document.jwks_uri), { timeoutDuration: FETCH_TIMEOUT_MS });
}

/** The published keys of a ring. */
export async function localKeys(source: KeySource): Promise<JWTVerifyGetKey> {
  const { published } = await openKeyRing({ source, clock: Date.now });
  return createLocalJWKSet({ keys: published.keys });
}

const discovery = v.object({
  issuer: v.string(),
  jwks_uri: url('must be an http or https URL', { protocol: HTTP }),
});

async function fetchJson(address: string): Promise<unknown> {
  try {
    const response = await fetch(address, {
      redirect: 'error',
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.json();
  } catch (error) {
    throw new Error(`cannot read ${address}; is the server running? --local uses the keys of this machine`, {
      cause: error,
    });
  }
}

function reason(
  error: unknown,
  expected: { issuer: string; audience: string | undefined; algorithm?: SigningAlgorithm | undefined },
): string {
  if (error instanceof errors.JWTExpired) {
    const { exp } = error.payload;
    return exp === undefined ? 'it has expired' : `it expired at ${formatTime(exp)}`;
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return `its issuer (iss) is not ${expected.issuer}`;
    if (error.claim === 'aud') return `its audience (aud) is not ${expected.audience}`;
    return `its ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'wrong'}`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof errors.JWKSNoMatchingKey) return 'no published key has its kid and alg';
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return `its algorithm (alg) is not ${expected.algorithm ?? 'accepted'}`;
  }
  return error instanceof Error ? error.message : String(error);
}
