/** The private half of a key is unavailable: its HSM is disconnected, slow or overloaded. The message is for the log and holds no PIN. */
export class SignerUnavailableError extends Error {
  override readonly name = 'SignerUnavailableError';
  /** oidc-provider and koa use this as the response status. */
  readonly statusCode = 503;
  readonly expose = false;
}

/** A key, or the place where keys are kept, cannot be used. The message is one sentence for the operator and holds no key material. */
export class KeySourceError extends Error {
  override readonly name = 'KeySourceError';
}
