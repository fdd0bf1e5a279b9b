/** What a store rejects with. Messages are for the log; none carries an id, a token or a value. */

/** The store cannot answer now: locked, full, unreachable, closed. Callers answer 503 with `Retry-After`. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  /** oidc-provider and koa use this as the response status. */
  readonly statusCode = 503;
  readonly expose = false;
}

/** A write under a grant that was revoked. */
export class GrantRevokedError extends Error {
  override readonly name = 'GrantRevokedError';
}

/** A unique value is taken. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  /** Which value, where there are several that could be. */
  readonly on: 'email' | undefined;

  constructor(message: string, on?: 'email') {
    super(message);
    this.on = on;
  }
}

/** The store cannot be opened: unknown address, unreadable file, newer schema. The message is one sentence for the operator. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';
}

/** How a message ends that says that a store is not there. */
export const NO_STORE =
  '`signet serve` makes it; if it should be there, check the working directory, --config and SIGNET_STORE';
