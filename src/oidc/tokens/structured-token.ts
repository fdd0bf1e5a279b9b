import { decodeProtectedHeader } from 'jose';

/** Whether a token is a JWT, with any content. The engine rejects these at introspection and revocation. */
export function isStructured(token: string): boolean {
  // Opaque tokens have no dot; an error costs more than everything else about them.
  if (!token.includes('.')) return false;
  try {
    decodeProtectedHeader(token);
    return true;
  } catch {
    return false;
  }
}

/** Whether the engine has answered at introspection or revocation that it does not support the token: it rejects every JWT. */
export function isRejectedJwt(body: unknown): boolean {
  return (body as { error?: unknown } | undefined)?.error === 'unsupported_token_type';
}
