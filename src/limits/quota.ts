import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';

/** Seconds. */
const MINUTE = 60;

/** Blocked keys that are cached at a time; beyond them, the one blocked first is dropped. */
const MAX_BLOCKED = 10_000;

/**
 * A limit per minute, or another window, for each of many keys: networks, or clients in networks. The store counts, for all processes. What
 * happens to a request over the limit is up to the caller.
 */
export class Quota {
  /** Names the quota in metrics and in the store. */
  readonly name: string;
  readonly #limit: number;
  readonly #counts: Store['quotas'];
  readonly #clock: Clock;
  readonly #window: number;
  /** Key over the limit → end of its block, in epoch milliseconds. A blocked key is rejected without a request to the store. */
  readonly #blocked = new Map<string, number>();

  /** @param options.window seconds; default: a minute */
  constructor(options: {
    name: string;
    limit: number;
    counts: Store['quotas'];
    clock: Clock;
    window?: number;
  }) {
    this.#window = options.window ?? MINUTE;
    this.name = options.name;
    this.#limit = options.limit;
    this.#counts = options.counts;
    this.#clock = options.clock;
  }

  /** False while this process has no blocked key: the caller can then skip building a key. */
  get hasBlocks(): boolean {
    return this.#blocked.size > 0;
  }

  /**
   * Looks up a key in this process, without counting.
   * @returns seconds until the block of the key ends; undefined when it has none
   */
  retryAfter(key: string): number | undefined {
    const until = this.#blocked.get(key);
    if (until === undefined) return undefined;
    const milliseconds = until - this.#clock();
    if (milliseconds > 0) return Math.ceil(milliseconds / 1000);
    this.#blocked.delete(key);
    return undefined;
  }

  /**
   * Counts one use of a key, unless the key is blocked.
   * @returns seconds to wait when the key is over the limit; undefined when it is not
   * @throws StoreUnavailableError
   */
  async spend(key: string): Promise<number | undefined> {
    const seconds = this.retryAfter(key);
    if (seconds !== undefined) return seconds;
    const [counted] = await this.#counts.add([{ key: `${this.name} ${key}`, lifetime: this.#window }]);
    if (counted === undefined || counted.count <= this.#limit) return undefined;
    this.#block(key, counted.endsAt * 1000);
    return this.retryAfter(key);
  }

  /** Drops expired blocks, and at capacity the oldest, before it adds one. */
  #block(key: string, until: number): void {
    const now = this.#clock();
    for (const [other, end] of this.#blocked) {
      if (end > now && this.#blocked.size < MAX_BLOCKED) break;
      this.#blocked.delete(other);
    }
    this.#blocked.delete(key);
    this.#blocked.set(key, until);
  }
}
