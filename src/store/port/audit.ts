/** Who caused an event. */
export interface AuditActor {
  /**
   * - `person`: the holder of the event's account, on their own behalf
   * - `client`: the event's client
   * - `operator`: an administrator, by command or API
   * - `system`: Signet itself, at its start or by schedule
   */
  kind: 'person' | 'client' | 'operator' | 'system';
  /** Account id, `client_id`, or name of the operator; absent when the identity was not proven. */
  id?: string | undefined;
  /** How an operator acted. */
  via?: 'command' | 'api' | undefined;
}

/** What an event changed or attempted to use. */
export interface AuditTarget {
  kind: 'account' | 'client' | 'consent' | 'grant' | 'group' | 'job' | 'key' | 'session' | 'token';
  /** Account id, `client_id`, `kid`, `jti` or id of a job; never an id that is a secret. */
  id?: string | undefined;
}

export interface AuditEvent {
  /** Epoch milliseconds. */
  at: number;
  /** Dotted name, for instance `login.succeeded`. */
  type: string;
  /** Absent where the type implies it (`../../audit/events.ts`), and in events of versions up to 0.1.1. */
  actor?: AuditActor | undefined;
  /** As for `actor`. */
  target?: AuditTarget | undefined;
  accountId?: string | undefined;
  clientId?: string | undefined;
  ip?: string | undefined;
  /** Correlates the event with the log lines and the response of the same request. */
  traceId?: string | undefined;
  /** Further facts without secrets. */
  detail?: Record<string, unknown> | undefined;
}

/** Events that match every given member. */
export interface AuditFilter {
  /** One type, or any of several. */
  type?: string | readonly string[] | undefined;
  accountId?: string | undefined;
  clientId?: string | undefined;
  /** One spelling of an address, or any of several. No store has an index of addresses: each costs more per event than all searches do. */
  ip?: string | readonly string[] | undefined;
  /** As for `ip`. The time of the request narrows the search. */
  traceId?: string | undefined;
  /** Epoch milliseconds, inclusive. */
  since?: number | undefined;
  /** Epoch milliseconds, exclusive. */
  until?: number | undefined;
}

export interface AuditQuery extends AuditFilter {
  limit: number;
}

/** Audit events, append-only. */
export interface AuditStore {
  append(events: readonly AuditEvent[]): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<AuditEvent[]>;
  /**
   * As `list`, without a limit: the caller stops when it has enough. Each step is bounded in time and memory, all steps together are not.
   * Events that are appended meanwhile may be missing; none is yielded twice.
   */
  search(filter: AuditFilter): AsyncIterable<AuditEvent>;
  /** Removes events before `before` (epoch milliseconds) and all but the newest `keep`, at most `limit` in a call. @returns how many */
  prune(before: number, keep: number, limit: number): Promise<number>;
}
