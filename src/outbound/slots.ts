import pLimit, { type LimitFunction } from 'p-limit';
import { OutboundError } from './errors.ts';

/** Concurrent requests of a process. */
const TOTAL = 64;
/** Concurrent requests to one host, so that a slow one leaves the others their share. */
const PER_HOST = 8;
/** Requests that wait for a slot; more fail at once. */
const MAX_WAITING = 512;

/** Runs tasks within the limits. */
export class Slots {
  readonly #total = pLimit(TOTAL);
  readonly #hosts = new Map<string, LimitFunction>();
  #tasks = 0;

  /** @throws OutboundError when too many tasks wait */
  async run<Result>(host: string, task: () => Promise<Result>): Promise<Result> {
    if (this.#tasks >= TOTAL + MAX_WAITING) throw new OutboundError('busy', 'too many requests wait');
    this.#tasks += 1;
    const limit = this.#hosts.get(host) ?? pLimit(PER_HOST);
    this.#hosts.set(host, limit);
    try {
      return await limit(() => this.#total(task));
    } finally {
      this.#tasks -= 1;
      if (limit.activeCount === 0 && limit.pendingCount === 0) this.#hosts.delete(host);
    }
  }
}
