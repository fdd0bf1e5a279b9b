/** The value of a counter. */
export interface Count {
  /** 0 when nothing was counted since the last reset. */
  count: number;
  /** When the counter is reset to 0; epoch seconds, 0 when nothing was counted. */
  endsAt: number;
}

export interface CounterAddition {
  key: string;
  /** Seconds from now until the counter is reset. */
  lifetime: number;
  /** Whether this addition starts the lifetime again; otherwise it runs from the first addition. */
  renews?: boolean | undefined;
}

/**
 * Counters of attempts. Additions are atomic over all processes; a failover of Redis may lose the last ones. Keys contain names that people
 * typed, so only their digests are stored. A dump contains no counters.
 */
export interface CounterStore {
  /** Adds one to each counter. @returns the new values, in the same order */
  add(additions: readonly CounterAddition[]): Promise<Count[]>;
  /** @returns the values, in the same order */
  read(keys: readonly string[]): Promise<Count[]>;
  reset(key: string): Promise<void>;
}
