import type { AccountRecord } from '../store.ts';
import type { PreparedFilter } from './terms.ts';

/**
 * Finds one page of the accounts that match a filter, ordered by username.
 *
 * There are up to three ways: to walk through the accounts, or through those of the group or the disabled ones, and to leave out what
 * does not match; or to collect all terms that begin with the text of the search, and to sort their usernames. Which way is short depends
 * on how the data are distributed: a walk finds a common name soon, a collection ends soon for a rare one. Instead of estimating it, all
 * ways proceed in turn, in steps of about the same cost, until one of them has the page. So a search takes at most as many times as long
 * as the best way as there are ways, whatever the data, and blocks nothing for longer than a step.
 */

/** A list of accounts in the order of their usernames. `username`: those whose username begins with the text of the search. */
export type AccountList = 'all' | 'group' | 'disabled' | 'username';

/** The index of a store. A username that is the beginning of the next step is excluded from it. */
export interface AccountIndex {
  /** Looks at the next `count` accounts of a list. `last`: the username of the last of them; undefined at the end of the list. */
  walk(
    list: AccountList,
    filter: PreparedFilter,
    from: { after: string; count: number; limit: number },
  ): Promise<{ found: AccountRecord[]; last: string | undefined }>;
  /**
   * Looks at the next `count` terms that begin with the text. Returns the usernames after `after` of the accounts that have one and match
   * the rest of the filter: all of them, or the first `limit` ones in their order. `next`: where to continue; undefined at the end.
   */
  gather(
    filter: PreparedFilter,
    from: { term: string | undefined; after: string; count: number; limit: number },
  ): Promise<{ usernames: string[]; next: string | undefined }>;
  /** The accounts with these usernames that match, in the order of their usernames. */
  load(usernames: readonly string[], filter: PreparedFilter): Promise<AccountRecord[]>;
}

export interface Page {
  /** A username; '' for the first page. */
  after: string;
  limit: number;
}

/** Accounts in a step of a walk. */
const FIRST_STEP = 64;
const MAX_STEP = 1024;
/** Terms that are read in the time in which a walk looks at one account. */
const TERMS_PER_ACCOUNT = 8;

/** @returns fewer than `limit` accounts only when there are no more */
export function findAccounts(
  index: AccountIndex,
  filter: PreparedFilter,
  page: Page,
): Promise<AccountRecord[]> {
  return firstOf(waysFor(index, filter, page));
}

/** The same without any other list or term than the accounts themselves. */
export function walkAccounts(
  index: Pick<AccountIndex, 'walk'>,
  filter: PreparedFilter,
  page: Page,
): Promise<AccountRecord[]> {
  return firstOf([new Walk(index, 'all', filter, page)]);
}

async function firstOf(ways: readonly Way[]): Promise<AccountRecord[]> {
  for (let step = FIRST_STEP; ; step = Math.min(step * 2, MAX_STEP)) {
    for (const way of ways) {
      const found = await way.proceed(step);
      if (found !== undefined) return found;
    }
  }
}

interface Way {
  /** @returns the page once it is known */
  proceed(step: number): Promise<AccountRecord[] | undefined>;
}

function waysFor(index: AccountIndex, filter: PreparedFilter, page: Page): Way[] {
  const walks = [
    ...(filter.group === undefined ? [] : [new Walk(index, 'group', filter, page)]),
    ...(filter.disabled === true ? [new Walk(index, 'disabled', filter, page)] : []),
  ];
  return [
    ...(filter.text === undefined ? [] : [new Collection(index, filter, page)]),
    ...(walks.length > 0 ? walks : [new Walk(index, 'all', filter, page)]),
  ];
}

class Walk implements Way {
  readonly #index: Pick<AccountIndex, 'walk'>;
  readonly #list: AccountList;
  readonly #filter: PreparedFilter;
  readonly #limit: number;
  /** Whether the filter says no more than that an account is in the list. */
  readonly #allMatch: boolean;
  readonly #found: AccountRecord[] = [];
  #after: string;

  constructor(
    index: Pick<AccountIndex, 'walk'>,
    list: AccountList,
    filter: PreparedFilter,
    { after, limit }: Page,
  ) {
    this.#index = index;
    this.#list = list;
    this.#filter = filter;
    this.#limit = limit;
    this.#allMatch = Object.keys(filter).length === (list === 'all' ? 0 : 1);
    this.#after = after;
  }

  async proceed(step: number): Promise<AccountRecord[] | undefined> {
    const limit = this.#limit - this.#found.length;
    const count = this.#allMatch ? Math.min(limit, MAX_STEP) : Math.max(step, Math.min(limit, MAX_STEP));
    const from = { after: this.#after, count, limit };
    const { found, last } = await this.#index.walk(this.#list, this.#filter, from);
    this.#found.push(...found);
    if (last === undefined || found.length >= limit) return this.#found;
    this.#after = last;
    return undefined;
  }
}

class Collection implements Way {
  readonly #index: AccountIndex;
  readonly #filter: PreparedFilter;
  readonly #page: Page;
  /** The first usernames of those gathered so far, sorted. */
  #usernames: string[] = [];
  /** Whether more than these were gathered. */
  #truncated = false;
  #term: string | undefined;
  /** The second half of the work: accounts by username, which need no sorting. */
  #byUsername: Walk | undefined;
  /** Continues after `#usernames` when too many of them are not current. */
  #rest: { found: AccountRecord[]; collection: Collection } | undefined;

  constructor(index: AccountIndex, filter: PreparedFilter, page: Page) {
    this.#index = index;
    this.#filter = filter;
    this.#page = page;
  }

  async proceed(step: number): Promise<AccountRecord[] | undefined> {
    if (this.#rest !== undefined) {
      const more = await this.#rest.collection.proceed(step);
      return more && [...this.#rest.found, ...more];
    }
    if (this.#byUsername === undefined) {
      await this.#gather(step);
      return undefined;
    }
    const byUsername = await this.#byUsername.proceed(step);
    return byUsername && this.#merge(byUsername);
  }

  async #gather(step: number): Promise<void> {
    const { after, limit } = this.#page;
    const count = step * TERMS_PER_ACCOUNT;
    const { usernames, next } = await this.#index.gather(this.#filter, {
      term: this.#term,
      after,
      count,
      limit: limit + 1,
    });
    const greatest = this.#truncated ? this.#usernames.at(-1) : undefined;
    const smaller = usernames.filter(
      (name) => greatest === undefined || compareUsernames(name, greatest) < 0,
    );
    const all = [...new Set([...this.#usernames, ...smaller])].toSorted(compareUsernames);
    this.#truncated ||= all.length > limit;
    this.#usernames = all.slice(0, limit);
    this.#term = next;
    if (next === undefined) this.#byUsername = new Walk(this.#index, 'username', this.#filter, this.#page);
  }

  async #merge(byUsername: readonly AccountRecord[]): Promise<AccountRecord[] | undefined> {
    const { limit } = this.#page;
    const byTerm = await this.#index.load(this.#usernames, this.#filter);
    const all = new Map([...byTerm, ...byUsername].map((account) => [account.username, account]));
    const found = [...all.values()]
      .toSorted((a, b) => compareUsernames(a.username, b.username))
      .slice(0, limit);
    const last = this.#usernames.at(-1);
    if (!this.#truncated || last === undefined || byTerm.length === this.#usernames.length) return found;
    const before = found.filter(({ username }) => compareUsernames(username, last) <= 0);
    if (before.length === limit) return before;
    const page = { after: last, limit: limit - before.length };
    this.#rest = { found: before, collection: new Collection(this.#index, this.#filter, page) };
    return undefined;
  }
}

/** The order of the UTF-8 bytes, in which stores sort. UTF-16, in which JavaScript compares, puts U+E000 to U+FFFF last. */
export function compareUsernames(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [x, y] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}
