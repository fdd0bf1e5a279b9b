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
import { z } from 'zod';
import type { KeySource } from '../signing/key-source.ts';
import { openKeyRing } from '../signing/ring.ts';
import { formatTime } from './output.ts';
import { TOKEN_KINDS, type TokenKind, tokenKind } from './token-kind.ts';

/** Reading a token, with or without checking it, and where the keys come from. */

export interface DecodedToken {
  header: ProtectedHeaderParameters;
  payload: JWTPayload;
}

/** Signatures that only the holder of a private key can make. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

/** Milliseconds. */
const TIMEOUT = 5000;

/** @throws Error with one sentence when it is not a signed JWT */
export function decodeToken(token: string): DecodedToken {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) };
  } catch (error) {
    throw new Error(
      'this is not a signed JWT; opaque tokens can be asked about at the introspection endpoint',
      {
        cause: error,
      },
    );
  }
}

/** @throws Error with one sentence that says why the token is not good */
export async function verifyToken(
  token: string,
  expected: {
    keys: JWTVerifyGetKey;
    issuer: string;
    audience: string | undefined;
    /** Undefined where any will do. */
    kind?: TokenKind | undefined;
  },
): Promise<DecodedToken & { kind: TokenKind }> {
  const kind = tokenKind(decodeToken(token));
  if (expected.kind !== undefined && kind !== expected.kind) {
    throw new Error(`the token is not good: it is ${TOKEN_KINDS[kind]}, not ${TOKEN_KINDS[expected.kind]}`);
  }
  try {
    const { protectedHeader, payload } = await jwtVerify(token, expected.keys, {
      issuer: expected.issuer,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      ...(expected.audience !== undefined && { audience: expected.audience }),
    });
    return { header: protectedHeader, payload, kind };
  } catch (error) {
    throw new Error(`the token is not good: ${reason(error, expected)}`, { cause: error });
  }
}

/** The published keys of an issuer, found by its discovery document (OpenID Connect Discovery §4). */
export async function issuerKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = discovery.safeParse(await fetchJson(address));
  if (!document.success) throw new Error(`${address} is not a discovery document`);
  if (document.data.issuer !== issuer) {
    throw new Error(`${address} is about the issuer ${document.data.issuer}, not ${issuer}`);
  }
  return createRemoteJWKSet(new URL(document.data.jwks_uri), { timeoutDuration: TIMEOUT });
}

/** The published keys of a ring. */
export async function localKeys(source: KeySource): Promise<JWTVerifyGetKey> {
  const { published } = await openKeyRing({ source, clock: Date.now });
  return createLocalJWKSet({ keys: published.keys });
}

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

async function fetchJson(address: string): Promise<unknown> {
  try {
    const response = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.json();
  } catch (error) {
    throw new Error(`cannot read ${address}; is the server running? --local uses the keys of this machine`, {
      cause: error,
    });
  }
}

function reason(error: unknown, expected: { issuer: string; audience: string | undefined }): string {
  if (error instanceof errors.JWTExpired) {
    const { exp } = error.payload;
    return exp === undefined ? 'it has expired' : `it expired at ${formatTime(exp)}`;
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return `its issuer (iss) is not ${expected.issuer}`;
    if (error.claim === 'aud') return `its audience (aud) is not ${expected.audience}`;
    return `its ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'not right'}`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof errors.JWKSNoMatchingKey) return 'no published key fits its kid and alg';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm (alg) is not accepted';
  return error instanceof Error ? error.message : String(error);
}
