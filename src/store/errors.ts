/** The errors of a store. Messages are for the log and contain no id, token or value. */

/** The store is locked, full, unreachable or closed. Callers answer 503 with `Retry-After`. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  /** oidc-provider and koa use this as the response status. */
  readonly statusCode = 503;
  readonly expose = false;
}

/** A write under a revoked grant. */
export class GrantRevokedError extends Error {
  override readonly name = 'GrantRevokedError';
}

/** A unique value is already taken. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  /** The value that is taken, where the caller needs to know. */
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

/** The end of every message about a missing store. */
export const NO_STORE =
  '`signet serve` makes it; if it should be there, check the working directory, --config and SIGNET_STORE';
