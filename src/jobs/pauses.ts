/** Seconds for which the other jobs of a client are put off after one has failed: a client that does not answer leaves the slots free. */
const PAUSE = 3;

/** Which clients are put off. Times are epoch seconds. */
export class Pauses {
  /** Target → end, in the order of the ends, because every pause is as long. */
  readonly #ends = new Map<string, number>();

  get size(): number {
    return this.#ends.size;
  }

  isPaused(target: string, now: number): boolean {
    return (this.#ends.get(target) ?? 0) > now;
  }

  /** A pause under way is not made longer. */
  begin(target: string, now: number): void {
    for (const [other, end] of this.#ends) {
      if (end > now) break;
      this.#ends.delete(other);
    }
    if (!this.#ends.has(target)) this.#ends.set(target, now + PAUSE);
  }
}
