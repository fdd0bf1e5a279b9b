import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';

/**
 * The key that a token request proves possession of (RFC 9449 §4.2), by its thumbprint. The engine has verified the proof, or ignores it.
 * @returns undefined for a request without a proof
 */
export async function senderKey(ctx: KoaContextWithOIDC): Promise<string | undefined> {
  const proof = ctx.req.headers.dpop;
  if (typeof proof !== 'string') return undefined;
  try {
    const { jwk } = decodeProtectedHeader(proof);
    return jwk && (await calculateJwkThumbprint(jwk));
  } catch {
    return undefined;
  }
}
