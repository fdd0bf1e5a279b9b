/** A map that forgets: every entry lives equally long, and the oldest goes when there are too many. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { value: V; expiresAt: number }>();
  readonly #maxEntries: number;
  readonly #ttl: number;
  readonly #now: () => number;

  /**
   * @param options.ttl milliseconds
   * @param options.now the clock, in epoch milliseconds
   */
  constructor({ maxEntries, ttl, now }: { maxEntries: number; ttl: number; now: () => number }) {
    this.#maxEntries = maxEntries;
    this.#ttl = ttl;
    this.#now = now;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAt > this.#now() ? entry.value : undefined;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt: this.#now() + this.#ttl });
    for (const [oldest, { expiresAt }] of this.#entries) {
      if (expiresAt > this.#now() && this.#entries.size <= this.#maxEntries) break;
      this.#entries.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Gets an entry and removes it: what is taken once cannot be taken again. */
  take(key: string): V | undefined {
    const value = this.get(key);
    this.#entries.delete(key);
    return value;
  }
}
