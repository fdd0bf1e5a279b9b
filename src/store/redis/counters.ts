import type { Count, CounterAddition, CounterStore } from '../store.ts';
import type { Connection } from './connection/connection.ts';
import { keys } from './keys.ts';
import { lifetime } from './lifetime.ts';

/** Counts of attempts and requests, shared by all nodes. Each counter is in a slot of its own; no write waits for a replica. */
export class RedisCounters implements CounterStore {
  readonly #redis: Connection;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(redis: Connection, now: () => number) {
    this.#redis = redis;
    this.#now = now;
  }

  add(additions: readonly CounterAddition[]): Promise<Count[]> {
    return this.#redis.operation(() => Promise.all(additions.map((addition) => this.#add(addition))));
  }

  async #add({ key, lifetime: seconds, renews = false }: CounterAddition): Promise<Count> {
    const now = this.#now();
    const margin = lifetime(now, now);
    const answer = await this.#redis.run(
      'addToCounter',
      [keys.counter(key)],
      [now, seconds, renews ? 1 : 0, margin],
    );
    const [count, endsAt] = answer as [number, number];
    return { count, endsAt };
  }

  read(names: readonly string[]): Promise<Count[]> {
    return this.#redis.operation(() => Promise.all(names.map((name) => this.#read(name))));
  }

  async #read(name: string): Promise<Count> {
    const text = await this.#redis.command((client) => client.get(keys.counter(name)));
    const [count = 0, endsAt = 0] = (text ?? '').split(' ').map(Number);
    return endsAt > this.#now() ? { count, endsAt } : { count: 0, endsAt: 0 };
  }

  reset(name: string): Promise<void> {
    return this.#redis.operation(async () => {
      await this.#redis.send((client) => client.del(keys.counter(name)));
    });
  }
}
