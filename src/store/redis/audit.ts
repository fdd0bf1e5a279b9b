import { StoreUnavailableError } from '../errors.ts';
import type { AuditEvent, AuditFilter, AuditQuery, AuditStore } from '../store.ts';
import { AuditReader, setsOf } from './audit-reader.ts';
import type { Connection } from './connection/connection.ts';
import { OPERATION_TIMEOUT_MS } from './connection/failure.ts';
import { keys } from './keys.ts';
import type { ScriptArgument } from './scripts.ts';

/** Audit events, append-only, ordered by time, then by arrival. All in one slot of a cluster. */
export class RedisAudit implements AuditStore {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  append(events: readonly AuditEvent[]): Promise<void> {
    return this.#redis.operation(async () => {
      if (events.length === 0) return;
      const touched = new Set([keys.auditCounter, keys.auditEvents, keys.audit()]);
      for (const event of events) for (const key of setsOf(event)) touched.add(key);
      const places = new Map([...touched].map((key, index) => [key, index + 1]));
      const args = events.flatMap((event): ScriptArgument[] => {
        const sets = [keys.audit(), ...setsOf(event)];
        return [event.at, JSON.stringify(event), sets.map((key) => places.get(key)).join(' ')];
      });
      await this.#redis.run('appendAudit', [...touched], args);
    });
  }

  list({ limit, ...filter }: AuditQuery): Promise<AuditEvent[]> {
    return this.#redis.operation(async () => {
      const deadline = performance.now() + OPERATION_TIMEOUT_MS;
      const reader = new AuditReader(this.#redis, filter, limit);
      let events: AuditEvent[] = [];
      while (events.length < limit) {
        if (performance.now() > deadline) throw new StoreUnavailableError('the audit query takes too long');
        const page = await reader.next();
        if (page === undefined) break;
        events = events.concat(page);
      }
      return events.slice(0, limit);
    });
  }

  async *search(filter: AuditFilter): AsyncGenerator<AuditEvent> {
    const reader = new AuditReader(this.#redis, filter);
    for (;;) {
      const page = await this.#redis.operation(() => reader.next());
      if (page === undefined) return;
      yield* page;
    }
  }

  prune(before: number, keep: number, limit: number): Promise<number> {
    return this.#redis.operation(async () => {
      const [total, outdated] = await this.#redis.command((client) =>
        Promise.all([client.zcard(keys.audit()), client.zcount(keys.audit(), '-inf', `(${before}`)]),
      );
      const surplus = Math.min(limit, Math.max(total - keep, outdated));
      if (surplus <= 0) return 0;
      const numbers = await this.#redis.command((client) =>
        client.zrange(keys.audit(), 0, String(surplus - 1)),
      );
      return this.#remove(numbers);
    });
  }

  /** Removes the numbers from the set of all events last: after an interruption, the next call finds them again. */
  async #remove(numbers: readonly string[]): Promise<number> {
    const places = (await this.#events(numbers)).flatMap(([number, event]) =>
      setsOf(event).map((key) => ({ key, number })),
    );
    const sets = Map.groupBy(places, ({ key }) => key);
    await this.#redis.send((client) =>
      Promise.all(
        [...sets].map(([key, members]) => client.zrem(key, ...members.map(({ number }) => number))),
      ),
    );
    await this.#redis.send((client) => client.hdel(keys.auditEvents, ...numbers));
    return this.#redis.send((client) => client.zrem(keys.audit(), ...numbers));
  }

  async #events(numbers: readonly string[]): Promise<[number: string, AuditEvent][]> {
    const texts = await this.#redis.command((client) => client.hmget(keys.auditEvents, ...numbers));
    return numbers.flatMap((number, index): [string, AuditEvent][] => {
      const text = texts[index];
      return text ? [[number, JSON.parse(text)]] : [];
    });
  }
}
