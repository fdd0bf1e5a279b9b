import type { AccountIndex, AccountList } from '../account-search/find-accounts.ts';
import { compareUsernames } from '../account-search/find-accounts.ts';
import { AFTER_ANY, matchesFilter, type PreparedFilter } from '../account-search/terms.ts';
import type { AccountRecord } from '../store.ts';
import { indexMember, type MemberKind, membersOf, removeOutdated, usernameOf } from './account-index.ts';
import { decodeAccount, idOf, usernameRange } from './account-records.ts';
import type { Connection } from './connection/connection.ts';
import { keys } from './keys.ts';

/** Members in one read of the index: Redis does nothing else meanwhile. */
const MAX_MEMBERS = 2000;

/** An account as it was read for a username; without `account` when there is none. */
interface Candidate {
  username: string;
  id: string | undefined;
  text: string | undefined;
  account: AccountRecord | undefined;
}

/** The steps of a search. What the index says is compared with the accounts; what is outdated is removed from it. */
export class RedisAccountSearch implements AccountIndex {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  walk(
    list: AccountList,
    filter: PreparedFilter,
    { after, count, limit }: { after: string; count: number; limit: number },
  ): Promise<{ found: AccountRecord[]; last: string | undefined }> {
    return this.#redis.operation(async () => {
      const ofIndex = list === 'group' || list === 'disabled';
      const [from, to] = rangeOf(list, filter, after);
      const members = await this.#range(ofIndex ? keys.accountIndex : keys.usernames, from, to, count);
      const usernames = members.map(ofIndex ? usernameOf : usernameOfPair);
      const ids = new Map(ofIndex ? [] : members.map((member) => [usernameOfPair(member), idOf(member)]));
      const possible = await this.#withOtherMembers(usernames, filter, list);
      const candidates = await (ofIndex
        ? this.#readByUsername(possible)
        : this.#read(possible.map((username) => [username, ids.get(username)])));
      if (ofIndex) await this.#removeOutdated(candidates, ownMember(list, filter));
      const found = candidates.flatMap(({ account }) => account ?? []);
      return {
        found: found.filter((account) => matchesFilter(account, filter)).slice(0, limit),
        last: members.length < count ? undefined : usernames.at(-1),
      };
    });
  }

  gather(
    filter: PreparedFilter,
    { term, after, count }: { term: string | undefined; after: string; count: number },
  ): Promise<{ usernames: string[]; next: string | undefined }> {
    return this.#redis.operation(async () => {
      const size = Math.min(count, MAX_MEMBERS);
      const { from, to } = termRange(filter.text);
      const start = term === undefined ? from : `(${term}`;
      const members = await this.#range(keys.accountIndex, start, to, size);
      const usernames = [...new Set(members.map(usernameOf))].filter(
        (username) => compareUsernames(username, after) > 0,
      );
      return {
        usernames: await this.#withOtherMembers(usernames, filter, undefined),
        next: members.length < size ? undefined : members.at(-1),
      };
    });
  }

  async load(usernames: readonly string[], filter: PreparedFilter): Promise<AccountRecord[]> {
    const candidates = await this.#redis.operation(() => this.#readByUsername(usernames));
    const found: AccountRecord[] = [];
    const wrong = new Map<string, Candidate>();
    for (const candidate of candidates) {
      const { account, username } = candidate;
      if (account !== undefined && matchesFilter(account, filter)) found.push(account);
      else wrong.set(username, candidate);
    }
    if (wrong.size > 0) await this.#removeOutdatedTerms(filter, wrong);
    return found;
  }

  #range(key: string, from: string, to: string, count: number): Promise<string[]> {
    return this.#redis.command((client) => client.zrange(key, from, to, 'BYLEX', 'LIMIT', 0, count));
  }

  /** Leaves out accounts without the members of a filter that the list does not imply: less work than to read their records. */
  async #withOtherMembers(
    usernames: readonly string[],
    { group, disabled }: PreparedFilter,
    list: AccountList | undefined,
  ): Promise<string[]> {
    const required = [
      ...(group !== undefined && list !== 'group' ? [(name: string) => indexMember('g', group, name)] : []),
      ...(disabled === true && list !== 'disabled' ? [(name: string) => indexMember('d', '', name)] : []),
    ];
    // Without the index, every account is looked at.
    if (list === 'all' || required.length === 0 || usernames.length === 0) return [...usernames];
    const scores = await Promise.all(
      required.map((member) =>
        this.#redis.command((client) => client.zmscore(keys.accountIndex, usernames.map(member))),
      ),
    );
    return usernames.filter((_, index) => scores.every((score) => score[index] !== null));
  }

  async #readByUsername(usernames: readonly string[]): Promise<Candidate[]> {
    const pairs = await Promise.all(
      usernames.map(async (username): Promise<[string, string | undefined]> => {
        const [member] = await this.#range(keys.usernames, ...usernameRange(username), 1);
        return [username, member && idOf(member)];
      }),
    );
    return this.#read(pairs);
  }

  async #read(pairs: readonly [username: string, id: string | undefined][]): Promise<Candidate[]> {
    const ids = pairs.flatMap(([, id]) => id ?? []);
    const texts =
      ids.length === 0 ? [] : await this.#redis.command((client) => client.mget(ids.map(keys.account)));
    const byId = new Map(ids.map((id, index) => [id, texts[index] ?? undefined]));
    return pairs.map(([username, id]) => {
      const text = id === undefined ? undefined : byId.get(id);
      const account = text === undefined ? undefined : decodeAccount(text);
      // Renamed between the two reads: another username of the page, or of another one.
      return { username, id, text, account: account?.username === username ? account : undefined };
    });
  }

  /** Removes the member that the candidates were found by from those that do not have it. */
  async #removeOutdated(
    candidates: readonly Candidate[],
    member: (username: string) => string,
  ): Promise<void> {
    const outdated = candidates
      .map((candidate) => ({ ...candidate, member: member(candidate.username) }))
      .filter((candidate) => !membersOf(candidate.account).includes(candidate.member));
    await removeOutdated(this.#redis, outdated);
  }

  async #removeOutdatedTerms({ text }: PreparedFilter, wrong: ReadonlyMap<string, Candidate>): Promise<void> {
    const { from, to } = termRange(text);
    for (let start: string | undefined = from; start !== undefined; ) {
      const first: string = start;
      const members = await this.#redis.operation(() =>
        this.#range(keys.accountIndex, first, to, MAX_MEMBERS),
      );
      const outdated = members.flatMap((member) => {
        const candidate = wrong.get(usernameOf(member));
        return candidate && !membersOf(candidate.account).includes(member) ? { ...candidate, member } : [];
      });
      await this.#redis.operation(() => removeOutdated(this.#redis, outdated));
      start = members.length < MAX_MEMBERS ? undefined : `(${members.at(-1)}`;
    }
  }
}

/** Of a member of the sorted set of usernames. */
function usernameOfPair(member: string): string {
  return member.slice(0, member.indexOf('\u0000'));
}

/** The members of a list with a username after `after`. */
function rangeOf(
  list: AccountList,
  { text = '', group = '' }: PreparedFilter,
  after: string,
): [from: string, to: string] {
  const [, behind] = usernameRange(after);
  switch (list) {
    case 'all':
      return [after === '' ? '-' : behind, '+'];
    case 'username':
      return [compareUsernames(after, text) < 0 ? `[${text}` : behind, `(${text}${AFTER_ANY}`];
    case 'group':
      return membersAfter('g', group, after);
    case 'disabled':
      return membersAfter('d', '', after);
  }
}

/** The members with one text and a username after `after`. U+0001 follows the NUL in front of the username. */
function membersAfter(kind: MemberKind, text: string, after: string): [from: string, to: string] {
  const before = indexMember(kind, text, '');
  return [`(${indexMember(kind, text, after)}`, `(${before.slice(0, -1)}\u0001`];
}

function ownMember(list: AccountList, { group = '' }: PreparedFilter): (username: string) => string {
  return (username) =>
    list === 'group' ? indexMember('g', group, username) : indexMember('d', '', username);
}

function termRange(text = ''): { from: string; to: string } {
  return { from: `[t${text}`, to: `(t${text}${AFTER_ANY}` };
}
