import type { AuditEvent, AuditFilter } from '../store.ts';
import type { Connection } from './connection/connection.ts';
import { keys } from './keys.ts';

/**
 * Reads audit events newest first, page by page.
 *
 * A query reads through the sets of one filter, the smallest, and merges them by time. The other filters are compared in Redis, so that only
 * matching events are transferred: a script looks for the member's JSON in the text of each event. There is no set of addresses or trace ids:
 * it would cost a sixth of the memory of every event, and versions up to 0.1.1 beside this one would not fill it.
 */

/** Events in the first page of a search: most need few. */
const FIRST_PAGE = 100;
const MAX_PAGE = 5000;
/** Events in a page that a script compares: it blocks Redis for about a millisecond. */
const MAX_COMPARED = 500;

/** Filters that have a set for each value. */
const INDEXED = ['type', 'accountId', 'clientId'] as const;
const FILTERS = [...INDEXED, 'ip', 'traceId'] as const;

type Filter = (typeof FILTERS)[number];

/** The keys of the sets that an event belongs to, besides the one of all. */
export function setsOf(event: AuditEvent): string[] {
  return INDEXED.flatMap((filter) => setsFor(event, filter) ?? []);
}

/** A number in a set, and the time of its event. */
type Place = readonly [number: string, at: number];

export class AuditReader {
  readonly #redis: Connection;
  readonly #filter: AuditFilter;
  #sets: SortedSet[] | undefined;
  #needles: string[][] = [];
  #page: number;

  /** @param firstPage events that are probably enough */
  constructor(redis: Connection, filter: AuditFilter, firstPage = FIRST_PAGE) {
    this.#redis = redis;
    this.#filter = filter;
    this.#page = firstPage;
  }

  /** @returns the matching events among the next ones, undefined after the last */
  async next(): Promise<AuditEvent[] | undefined> {
    const sets = (this.#sets ??= await this.#open());
    const [smallest, largest] = this.#needles.length > 0 ? [FIRST_PAGE, MAX_COMPARED] : [1, MAX_PAGE];
    const count = Math.max(smallest, Math.min(this.#page, largest));
    const numbers = await nextNumbers(sets, count);
    if (numbers.length === 0) return undefined;
    this.#page = count * 2;
    const texts = await this.#read(numbers);
    return texts
      .map((text): AuditEvent => JSON.parse(text))
      .filter((event) => FILTERS.every((filter) => matches(event, this.#filter, filter)));
  }

  /** Chooses the filter with the smallest sets. */
  async #open(): Promise<SortedSet[]> {
    const choices = INDEXED.flatMap((filter) => {
      const names = setsFor(this.#filter, filter);
      return names === undefined ? [] : [{ filter, names }];
    });
    const sizes = choices.length > 1 ? await Promise.all(choices.map(({ names }) => this.#size(names))) : [0];
    const chosen = choices[sizes.indexOf(Math.min(...sizes))];
    this.#needles = FILTERS.filter((filter) => filter !== chosen?.filter).flatMap((filter) => {
      const wanted = valuesOf(this.#filter, filter);
      return wanted === undefined
        ? []
        : [wanted.map((value) => `${JSON.stringify(filter)}:${JSON.stringify(value)}`)];
    });
    return (chosen?.names ?? [keys.audit()]).map((name) => new SortedSet(this.#redis, name, this.#filter));
  }

  async #size(names: readonly string[]): Promise<number> {
    const sizes = await this.#redis.command((client) => Promise.all(names.map((name) => client.zcard(name))));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** The texts of those events that have all needles. */
  async #read(numbers: readonly string[]): Promise<string[]> {
    if (this.#needles.length === 0) {
      const texts = await this.#redis.command((client) => client.hmget(keys.auditEvents, ...numbers));
      return texts.filter((text) => text !== null);
    }
    const needles = this.#needles.flatMap((group) => [group.length, ...group]);
    const found = await this.#redis.run(
      'findAudit',
      [keys.auditEvents],
      [numbers.length, ...numbers, ...needles],
    );
    return found as string[];
  }
}

/** One sorted set of numbers by time, read from the newest on. */
class SortedSet {
  readonly #redis: Connection;
  readonly #key: string;
  readonly #from: string;
  #to: string;
  /** Numbers at the time `#to` that were read already. */
  #skipped = 0;
  #last: Place | undefined;
  #isExhausted = false;
  /** Read and not taken yet, newest last. */
  readonly #waiting: Place[] = [];

  constructor(redis: Connection, key: string, { since, until }: AuditFilter) {
    this.#redis = redis;
    this.#key = key;
    this.#from = String(since ?? '-inf');
    this.#to = until === undefined ? '+inf' : `(${until}`;
  }

  /** Whether `peek` knows the next number. */
  get isReady(): boolean {
    return this.#waiting.length > 0 || this.#isExhausted;
  }

  peek(): Place | undefined {
    return this.#waiting.at(-1);
  }

  take(): void {
    this.#waiting.pop();
  }

  /** Continues at the time of the last number: its rank changes when events are appended or removed. */
  async fill(count: number): Promise<void> {
    const reply = await this.#redis.command((client) =>
      client.zrange(
        this.#key,
        this.#to,
        this.#from,
        'BYSCORE',
        'REV',
        'LIMIT',
        this.#skipped,
        count,
        'WITHSCORES',
      ),
    );
    const places: Place[] = [];
    for (let index = 0; index < reply.length; index += 2) {
      places.push([reply[index] ?? '', Number(reply[index + 1])]);
    }
    const last = places.at(-1);
    if (last === undefined) {
      this.#isExhausted = true;
      return;
    }
    const ties = places.filter(([, at]) => at === last[1]).length;
    this.#skipped = String(last[1]) === this.#to ? this.#skipped + ties : ties;
    this.#to = String(last[1]);
    const before = this.#last;
    this.#last = last;
    // A number that was appended meanwhile, at the time of the last one, moves others onto this page again.
    const fresh = before === undefined ? places : places.filter((place) => isNewer(before, place));
    this.#waiting.unshift(...fresh.toReversed());
  }
}

/** The next numbers of several sets together, newest first. No event is in two of them. */
async function nextNumbers(sets: readonly SortedSet[], limit: number): Promise<string[]> {
  const numbers: string[] = [];
  while (numbers.length < limit) {
    // Each round trip fills every set that needs it.
    const empty = sets.filter((set) => !set.isReady);
    if (empty.length > 0) {
      if (numbers.length > 0) break;
      await Promise.all(empty.map((set) => set.fill(limit)));
      continue;
    }
    const next = newest(sets);
    const place = next?.peek();
    if (next === undefined || place === undefined) break;
    numbers.push(place[0]);
    next.take();
  }
  return numbers;
}

function newest(sets: readonly SortedSet[]): SortedSet | undefined {
  let best: SortedSet | undefined;
  for (const set of sets) {
    const place = set.peek();
    const other = best?.peek();
    if (place !== undefined && (other === undefined || isNewer(place, other))) best = set;
  }
  return best;
}

function isNewer([number, at]: Place, [otherNumber, otherAt]: Place): boolean {
  return at === otherAt ? number > otherNumber : at > otherAt;
}

/** Undefined when the filter is not given. */
function setsFor(filters: AuditFilter, filter: (typeof INDEXED)[number]): string[] | undefined {
  return valuesOf(filters, filter)?.map((value) => keys.audit(filter, value));
}

function matches(event: AuditEvent, filters: AuditFilter, filter: Filter): boolean {
  const value = event[filter];
  const wanted = valuesOf(filters, filter);
  return wanted === undefined || (value !== undefined && wanted.includes(value));
}

function valuesOf(filters: AuditFilter, filter: Filter): readonly string[] | undefined {
  const value = filters[filter];
  return typeof value === 'string' ? [value] : value;
}
