import type { StoreCounts } from '../../src/store/store.ts';
import type { CountedOperations } from '../../test/support/store-counts.ts';

/** What the operations cost in one kind of store: exact, so without a spread. */
export interface StoreCountsSection {
  store: 'SQLite' | 'Redis';
  rows: StoreCountsRow[];
}

export interface StoreCountsRow extends CountedOperations {
  scenario: string;
  goal?: StoreGoal;
}

/** The most that one operation may cost. */
export type StoreGoal = Readonly<Pick<StoreCounts, 'reads' | 'transactions' | 'durableWaits'>>;

export function isWithin({ reads, transactions, durableWaits }: StoreCounts, goal: StoreGoal): boolean {
  return reads <= goal.reads && transactions <= goal.transactions && durableWaits <= goal.durableWaits;
}
