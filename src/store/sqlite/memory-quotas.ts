import type { Count, CounterAddition, Store } from '../store.ts';

type Quotas = Store['quotas'];

/** Beyond it, the oldest counter is dropped: quotas do not stop a client that has so many networks. */
const MAX_COUNTERS = 100_000;

/** Counts requests of this process in memory: a quota is not worth a sync of the disk for each request. */
export class MemoryQuotas implements Quotas {
  /** Oldest first. */
  readonly #counts = new Map<string, Count>();
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(additions: readonly CounterAddition[]): Promise<Count[]> {
    const now = this.#now();
    return Promise.resolve(additions.map((addition) => this.#add(addition, now)));
  }

  #add({ key, lifetime, renews = false }: CounterAddition, now: number): Count {
    const before = this.#counts.get(key);
    const isExpired = before === undefined || before.endsAt <= now;
    const count = {
      count: isExpired ? 1 : before.count + 1,
      endsAt: isExpired || renews ? now + lifetime : before.endsAt,
    };
    if (isExpired || renews) this.#counts.delete(key);
    this.#counts.set(key, count);
    this.#evict(now);
    return count;
  }

  /** Drops expired counters, starting with the oldest, and those beyond the limit. */
  #evict(now: number): void {
    for (const [key, { endsAt }] of this.#counts) {
      if (endsAt > now && this.#counts.size <= MAX_COUNTERS) return;
      this.#counts.delete(key);
    }
  }
}
