import { createRemoteJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { issuerUrl } from '../../src/config/issuer.ts';

/** Verifies a token with the keys that the issuer publishes. */
export async function verifyJwt(
  token: string,
  issuer: string,
  audience: string,
  algorithm = 'RS256',
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(issuerUrl(issuer, '/jwks'))), {
    issuer,
    audience,
    algorithms: [algorithm],
  });
  return payload;
}

export { decodeProtectedHeader };
