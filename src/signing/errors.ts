/** A key cannot sign now: its HSM is away, slow or overrun. Callers answer 503. The message is for the log and holds no PIN. */
export class SignerUnavailableError extends Error {
  override readonly name = 'SignerUnavailableError';
  /** oidc-provider and koa use this as the response status. */
  readonly statusCode = 503;
  readonly expose = false;
}
