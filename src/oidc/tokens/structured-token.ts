/** Whether the engine has answered at introspection or revocation that it does not support the token: it rejects every JWT. */
export function isRejectedJwt(body: unknown): boolean {
  return (body as { error?: unknown } | undefined)?.error === 'unsupported_token_type';
}
