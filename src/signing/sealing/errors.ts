/** What was sealed cannot be opened, or nothing can be sealed. The message is for the operator and holds no key and no content. */
export class SealingError extends Error {
  override readonly name = 'SealingError';
  /** oidc-provider and koa use this as the response status. */
  readonly statusCode = 503;
  readonly expose = false;
}
