/**
 * What a store has done since it was opened: exact figures, unlike times, so a test can bound what an operation costs. Work in the
 * background (audit events, the sweeper, the key watcher) is included.
 */
export interface StoreCounts {
  /** SELECT statements of SQLite, and records of its cache; reads of Redis, of which those sent together share a round trip. */
  reads: number;
  /** Transactions that write: commits of SQLite, scripts and other writes of Redis. Requests of the same moment share commits. */
  transactions: number;
  /** Times that an operation waited for a reply of Redis; 0 in SQLite. */
  roundTrips: number;
  /** Times that writes waited for the disk (SQLite), or for replicas (Redis, where it is one of the round trips). */
  durableWaits: number;
}

export function createCounts(): StoreCounts {
  return { reads: 0, transactions: 0, roundTrips: 0, durableWaits: 0 };
}
