export interface AuditEvent {
  /** Epoch milliseconds. */
  at: number;
  /** Dotted name, for instance `login.succeeded`. */
  type: string;
  accountId?: string | undefined;
  clientId?: string | undefined;
  ip?: string | undefined;
  /** Joins the event with the log lines and the response of the same request. */
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

/** What happened, append-only. */
export interface AuditStore {
  append(events: readonly AuditEvent[]): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<AuditEvent[]>;
  /** Removes events before `before` (epoch milliseconds) and all but the newest `keep`; at most `limit` a call. */
  prune(before: number, keep: number, limit: number): Promise<number>;
}
