import { StoreUnavailableError } from '../errors.ts';
import type { AuditEvent, AuditQuery, AuditStore } from '../store.ts';
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
      for (const event of events) for (const key of filterKeys(event)) touched.add(key);
      const places = new Map([...touched].map((key, index) => [key, index + 1]));
      const args = events.flatMap((event): ScriptArgument[] => {
        const sets = [keys.audit(), ...filterKeys(event)];
        return [event.at, JSON.stringify(event), sets.map((key) => places.get(key)).join(' ')];
      });
      await this.#redis.run('appendAudit', [...touched], args);
    });
  }

  list(query: AuditQuery): Promise<AuditEvent[]> {
    return this.#redis.operation(async () => {
      const deadline = performance.now() + OPERATION_TIMEOUT_MS;
      const sets = filterKeys(query);
      const [smallest = keys.audit()] = sets.length > 1 ? await this.#bySize(sets) : sets;
      const found = new Map<string, AuditEvent>();
      for (let offset = 0; found.size < query.limit; ) {
        if (performance.now() > deadline) throw new StoreUnavailableError('the audit query takes too long');
        const count = Math.max(query.limit, sets.length > 1 ? PAGE : 0);
        const numbers = await this.#newest(smallest, query, offset, count);
        if (numbers.length === 0) break;
        for (const [number, event] of await this.#events(numbers)) {
          if (matches(event, query) && found.size < query.limit) found.set(number, event);
        }
        offset += numbers.length;
      }
      return [...found.values()];
    });
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
      filterKeys(event).map((key) => ({ key, number })),
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

  /** The keys of the sets, smallest set first. */
  async #bySize(sets: readonly string[]): Promise<string[]> {
    const sized = await this.#redis.command((client) =>
      Promise.all(sets.map(async (key) => ({ key, size: await client.zcard(key) }))),
    );
    return sized.sort((a, b) => a.size - b.size).map(({ key }) => key);
  }

  #newest(key: string, { since, until }: AuditQuery, offset: number, count: number): Promise<string[]> {
    const [from, to] = [until === undefined ? '+inf' : `(${until}`, String(since ?? '-inf')];
    return this.#redis.command((client) =>
      client.zrange(key, from, to, 'BYSCORE', 'REV', 'LIMIT', offset, count),
    );
  }

  async #events(numbers: readonly string[]): Promise<[number: string, AuditEvent][]> {
    const texts = await this.#redis.command((client) => client.hmget(keys.auditEvents, ...numbers));
    return numbers.flatMap((number, index): [string, AuditEvent][] => {
      const text = texts[index];
      return text ? [[number, JSON.parse(text)]] : [];
    });
  }
}

/** Events in one read when a query has several filters, of which only one selects the set. */
const PAGE = 500;

const FILTERS = ['type', 'accountId', 'clientId'] as const;

/** The keys of the sets that an event belongs to, or that a query selects. */
function filterKeys(event: Pick<AuditQuery, (typeof FILTERS)[number]>): string[] {
  return FILTERS.flatMap((filter) => {
    const value = event[filter];
    return value === undefined ? [] : [keys.audit(filter, value)];
  });
}

function matches(event: AuditEvent, query: AuditQuery): boolean {
  return FILTERS.every((filter) => query[filter] === undefined || event[filter] === query[filter]);
}
