import type { Count, CounterAddition, Store } from '../store.ts';

type Quotas = Store['quotas'];

/** Counters at a time. Beyond them the oldest is forgotten: whoever comes from so many networks is held by none of their quotas. */
const CAPACITY = 100_000;

/** Requests, counted by this process for itself: a quota is not worth a flush to the disk for each request. */
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
    const isOver = before === undefined || before.endsAt <= now;
    const count = {
      count: isOver ? 1 : before.count + 1,
      endsAt: isOver || renews ? now + lifetime : before.endsAt,
    };
    if (isOver || renews) this.#counts.delete(key);
    this.#counts.set(key, count);
    this.#forget(now);
    return count;
  }

  /** What is over, from the oldest on, and what is too much. */
  #forget(now: number): void {
    for (const [key, { endsAt }] of this.#counts) {
      if (endsAt > now && this.#counts.size <= CAPACITY) return;
      this.#counts.delete(key);
    }
  }
}
