import type { Store } from '../store/store.ts';

/** Seconds. */
const PERIOD = 60;

/** Refused ones that are remembered at a time. */
const CAPACITY = 10_000;

/** How often something may happen in a minute, for each of many: networks, or clients in networks. Owns no reason and no answer. */
export class Quota {
  /** In metrics. */
  readonly name: string;
  readonly #limit: number;
  readonly #counts: Store['quotas'];
  readonly #clock: () => number;
  /** Who is over the limit → until when, in epoch milliseconds. It spares those who go on trying the way to the store. */
  readonly #refused = new Map<string, number>();

  /** @param clock epoch milliseconds */
  constructor(options: { name: string; limit: number; counts: Store['quotas']; clock: () => number }) {
    this.name = options.name;
    this.#limit = options.limit;
    this.#counts = options.counts;
    this.#clock = options.clock;
  }

  /** Whether nobody is refused. */
  get isQuiet(): boolean {
    return this.#refused.size === 0;
  }

  /** Without counting, as far as this process knows. @returns seconds to wait, undefined when there is no need to */
  refusedFor(who: string): number | undefined {
    const until = this.#refused.get(who);
    if (until === undefined) return undefined;
    const milliseconds = until - this.#clock();
    if (milliseconds > 0) return Math.ceil(milliseconds / 1000);
    this.#refused.delete(who);
    return undefined;
  }

  /**
   * Counts one.
   * @returns seconds to wait when it is one too many
   * @throws StoreUnavailableError
   */
  async spend(who: string): Promise<number | undefined> {
    const seconds = this.refusedFor(who);
    if (seconds !== undefined) return seconds;
    const [counted] = await this.#counts.add([{ key: `${this.name} ${who}`, lifetime: PERIOD }]);
    if (counted === undefined || counted.count <= this.#limit) return undefined;
    this.#sendProblem(who, counted.endsAt * 1000);
    return this.refusedFor(who);
  }

  #sendProblem(who: string, until: number): void {
    const now = this.#clock();
    for (const [other, end] of this.#refused) {
      if (end > now && this.#refused.size < CAPACITY) break;
      this.#refused.delete(other);
    }
    this.#refused.delete(who);
    this.#refused.set(who, until);
  }
}
