import type { StoreCounts } from '../../src/store/store.ts';

/** What operations cost in the store, as the server itself counts it: exact on any machine. Also for the bench. */

const METRICS = {
  reads: 'signet_store_reads_total',
  transactions: 'signet_store_transactions_total',
  roundTrips: 'signet_store_round_trips_total',
  durableWaits: 'signet_store_durable_waits_total',
} as const satisfies Record<keyof StoreCounts, string>;

export interface CountedOperations {
  /** How many operations were counted, one after the other. */
  operations: number;
  /** What one of them costs that nothing in the background coincides with. */
  each: StoreCounts;
  /** All of them, with the work in the background of that time: audit events, key watcher, sweeper, caches that expire. */
  mean: StoreCounts;
}

/**
 * Counts what one operation costs.
 * @param managementPort of the only process that serves
 * @param prepare runs before each operation, and is not counted
 * @throws Error when no operation is the cheapest in every respect: what they do differs from one to the next
 */
export async function countOperations(
  managementPort: number,
  operations: number,
  operation: () => Promise<void>,
  prepare?: () => Promise<void>,
): Promise<CountedOperations> {
  const costs: StoreCounts[] = [];
  let before = await readStoreCounts(managementPort);
  for (let count = 0; count < operations; count += 1) {
    if (prepare !== undefined) {
      await prepare();
      before = await readStoreCounts(managementPort);
    }
    await operation();
    const after = await readStoreCounts(managementPort);
    const base = before;
    costs.push(eachCount((name) => after[name] - base[name]));
    before = after;
  }
  return {
    operations,
    each: undisturbed(costs),
    mean: eachCount((name) => costs.reduce((sum, cost) => sum + cost[name], 0) / operations),
  };
}

/**
 * Work in the background adds reads, transactions and waits: an operation with the fewest of each had none beside it. Round trips are
 * taken from those operations, because what is sent at the same moment shares a round trip, so that such work can also save one.
 */
function undisturbed(costs: readonly StoreCounts[]): StoreCounts {
  const least = eachCount((name) => Math.min(...costs.map((cost) => cost[name])));
  const [first, ...others] = costs.filter(
    ({ reads, transactions, durableWaits }) =>
      reads === least.reads && transactions === least.transactions && durableWaits === least.durableWaits,
  );
  if (first === undefined) throw new Error(`operations differ: ${JSON.stringify(costs)}`);
  const roundTrips = mostFrequent([first, ...others].map((cost) => cost.roundTrips));
  return { ...first, roundTrips };
}

function mostFrequent(values: readonly number[]): number {
  const frequencies = new Map<number, number>();
  for (const value of values) frequencies.set(value, (frequencies.get(value) ?? 0) + 1);
  const [[value] = [Number.NaN]] = [...frequencies].sort(([, a], [, b]) => b - a);
  return value;
}

/** What the store of a server has done since the start, from its metrics. */
async function readStoreCounts(managementPort: number): Promise<StoreCounts> {
  const response = await fetch(`http://127.0.0.1:${managementPort}/metrics`);
  const text = await response.text();
  return eachCount((name) => {
    const value = new RegExp(`^${METRICS[name]} (\\d+)$`, 'm').exec(text)?.[1];
    if (value === undefined) throw new Error(`no ${METRICS[name]} in the metrics: ${text.slice(0, 500)}`);
    return Number(value);
  });
}

function eachCount(valueOf: (name: keyof StoreCounts) => number): StoreCounts {
  return {
    reads: valueOf('reads'),
    transactions: valueOf('transactions'),
    roundTrips: valueOf('roundTrips'),
    durableWaits: valueOf('durableWaits'),
  };
}
