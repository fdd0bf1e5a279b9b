/** Where a counter stands. */
export interface Count {
  /** 0 when nothing was counted, or what was counted is forgotten. */
  count: number;
  /** When it is forgotten; epoch seconds, 0 when nothing was counted. */
  endsAt: number;
}

export interface CounterAddition {
  key: string;
  /** Seconds from now until what was counted is forgotten. */
  lifetime: number;
  /** Whether this addition begins the lifetime anew; otherwise it runs from the first one. */
  renews?: boolean | undefined;
}

/**
 * Attempts, counted. Additions are atomic over all processes and none is lost among them; a failover of Redis may lose the last ones.
 * Keys carry names that people typed, so that only their digests are kept. A dump has no counters.
 */
export interface CounterStore {
  /** Adds one to each counter. @returns where each of them stands afterwards, in the same order */
  add(additions: readonly CounterAddition[]): Promise<Count[]>;
  /** @returns where each of them stands, in the same order */
  read(keys: readonly string[]): Promise<Count[]>;
  reset(key: string): Promise<void>;
}
