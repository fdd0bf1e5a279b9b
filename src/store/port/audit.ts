export interface AuditEvent {
  /** Epoch milliseconds. */
  at: number;
  /** Dotted name, for instance `login.succeeded`. */
  type: string;
  accountId?: string | undefined;
  clientId?: string | undefined;
  ip?: string | undefined;
  /** Correlates the event with the log lines and the response of the same request. */
  traceId?: string | undefined;
  /** Further facts without secrets. */
  detail?: Record<string, unknown> | undefined;
}

export interface AuditQuery {
  type?: string | undefined;
  accountId?: string | undefined;
  clientId?: string | undefined;
  /** Epoch milliseconds, inclusive. */
  since?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  until?: number | undefined;
  limit: number;
}

/** Audit events, append-only. */
export interface AuditStore {
  append(events: readonly AuditEvent[]): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<AuditEvent[]>;
  /** Removes events before `before` (epoch milliseconds) and all but the newest `keep`, at most `limit` in a call. @returns how many */
  prune(before: number, keep: number, limit: number): Promise<number>;
}
