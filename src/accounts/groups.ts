import pLimit from 'p-limit';
import type { ActorAudit } from '../audit/audit.ts';
import { type Clock, NEVER, nowInSeconds } from '../clock.ts';
import type { AccountRecord, Payload, Store } from '../store/store.ts';
import { type Account, toAccount } from './accounts.ts';
import { groupsIn } from '../clients/group-access.ts';
import { AccountError, noSuchAccount } from './errors.ts';
import { everyAccount } from './every-account.ts';

/**
 * Groups of accounts. A membership is in the account (claim `groups`), so that it is read with the account, and the store finds the members
 * of a group by its index. The record of a group is its name and description: an account may also have groups without a record, for instance
 * from an import.
 *
 * All records are in one artifact, so that they can be listed, and so that a change is one atomic step.
 */

export interface Group {
  readonly name: string;
  readonly description?: string | undefined;
  /** Epoch seconds. */
  readonly createdAt: number;
  /** While it is renamed: the name whose members are moved here. */
  readonly renamedFrom?: string | undefined;
}

export interface Groups {
  /** @throws AccountError for an invalid or taken name */
  add(group: Pick<Group, 'name' | 'description'>): Promise<Group>;
  /** By name. */
  list(): Promise<Group[]>;
  find(name: string): Promise<Group | undefined>;
  /** Members by username, from the one after `after` on; fewer than `limit` on the last page only. */
  members(name: string, page: { after?: string | undefined; limit: number }): Promise<Account[]>;
  /** @returns false when it was a member. @throws AccountError without such a group or account */
  addMember(name: string, accountId: string): Promise<boolean>;
  /** @returns false when it was no member. @throws AccountError without such an account */
  removeMember(name: string, accountId: string): Promise<boolean>;
  /**
   * Moves the members too. To be called again after an interruption.
   * @param onMember called after each
   * @returns how many
   * @throws AccountError
   */
  rename(name: string, to: string, onMember?: () => void): Promise<number>;
  /** Also ends the memberships, like `rename`. */
  remove(name: string, onMember?: () => void): Promise<number>;
}

const KIND = 'Group';
/** The id of the record. */
const ID = 'groups';

/** Members that are changed at once: their writes share a wait for the disk. */
const CONCURRENCY = 64;
const MAX_GROUPS = 5000;
const MAX_NAME_LENGTH = 200;

export interface GroupsOptions {
  store: {
    accounts: Pick<Store['accounts'], 'list' | 'update'>;
    artifacts: Pick<Store['artifacts'], 'find' | 'update'>;
  };
  audit: ActorAudit;
  clock: Clock;
}

export function createGroups(options: GroupsOptions): Groups {
  return new StoredGroups(options);
}

class StoredGroups implements Groups {
  readonly #accounts: GroupsOptions['store']['accounts'];
  readonly #artifacts: GroupsOptions['store']['artifacts'];
  readonly #audit: ActorAudit;
  readonly #clock: Clock;

  constructor({ store, audit, clock }: GroupsOptions) {
    this.#accounts = store.accounts;
    this.#artifacts = store.artifacts;
    this.#audit = audit;
    this.#clock = clock;
  }

  async add({ name, description }: Pick<Group, 'name' | 'description'>): Promise<Group> {
    const group = { name: checkName(name), description, createdAt: nowInSeconds(this.#clock) };
    await this.#change((groups) => withGroup(groups, group));
    this.#audit.record({ type: 'group.added', target: target(name) });
    return group;
  }

  async list(): Promise<Group[]> {
    return recordsIn(await this.#artifacts.find(KIND, ID)).toSorted((one, other) =>
      one.name < other.name ? -1 : 1,
    );
  }

  async find(name: string): Promise<Group | undefined> {
    return recordsIn(await this.#artifacts.find(KIND, ID)).find((group) => group.name === name);
  }

  async members(name: string, page: { after?: string | undefined; limit: number }): Promise<Account[]> {
    return (await this.#accounts.list({ ...page, group: name })).map(toAccount);
  }

  async addMember(name: string, accountId: string): Promise<boolean> {
    await this.#require(name);
    return await this.#changeGroups(accountId, 'group.member_added', name, (names) =>
      names.includes(name) ? undefined : [...names, name],
    );
  }

  async removeMember(name: string, accountId: string): Promise<boolean> {
    return await this.#changeGroups(accountId, 'group.member_removed', name, (names) =>
      names.includes(name) ? names.filter((other) => other !== name) : undefined,
    );
  }

  async rename(name: string, to: string, onMember?: () => void): Promise<number> {
    const group = await this.#require(name);
    const renamed = { ...group, name: checkName(to), renamedFrom: name };
    const isContinued = (await this.find(to))?.renamedFrom === name;
    if (!isContinued) await this.#change((groups) => withGroup(groups, renamed));
    const moved = await this.#eachMember(
      name,
      (account) =>
        this.#changeGroups(account.id, 'group.member_added', to, (names) =>
          names.includes(name)
            ? [...new Set(names.map((other) => (other === name ? to : other)))]
            : undefined,
        ),
      onMember,
    );
    const { renamedFrom: _done, ...settled } = renamed;
    await this.#change((groups) => [
      ...groups.filter((other) => other.name !== name && other.name !== to),
      settled,
    ]);
    this.#audit.record({ type: 'group.renamed', target: target(to), detail: { from: name, members: moved } });
    return moved;
  }

  async remove(name: string, onMember?: () => void): Promise<number> {
    await this.#require(name);
    const members = await this.#eachMember(name, ({ id }) => this.removeMember(name, id), onMember);
    await this.#change((groups) => groups.filter((other) => other.name !== name));
    this.#audit.record({ type: 'group.removed', target: target(name), detail: { members } });
    return members;
  }

  async #require(name: string): Promise<Group> {
    const group = await this.find(name);
    if (group === undefined) throw new AccountError([`there is no group ${name}`]);
    return group;
  }

  /** @returns how many members `end` has changed; each is no member any more then */
  async #eachMember(
    name: string,
    end: (account: AccountRecord) => Promise<boolean>,
    onMember?: () => void,
  ): Promise<number> {
    const limit = pLimit(CONCURRENCY);
    let changed = 0;
    for await (const members of everyAccount(this.#accounts, { group: name })) {
      const ended = await Promise.all(
        members.map((account) =>
          limit(async () => {
            const isChanged = await end(account);
            onMember?.();
            return isChanged;
          }),
        ),
      );
      changed += ended.filter(Boolean).length;
    }
    return changed;
  }

  /** @param change undefined: nothing changes */
  async #changeGroups(
    accountId: string,
    type: 'group.member_added' | 'group.member_removed',
    group: string,
    change: (names: readonly string[]) => readonly string[] | undefined,
  ): Promise<boolean> {
    let exists = false;
    const changed = await this.#accounts.update(accountId, (current) => {
      exists = true;
      const groups = change(groupsIn(current.claims));
      if (groups === undefined) return undefined;
      return { claims: { ...current.claims, groups }, updatedAt: nowInSeconds(this.#clock) };
    });
    if (!exists) throw noSuchAccount();
    if (changed !== undefined) this.#audit.record({ type, accountId, detail: { group } });
    return changed !== undefined;
  }

  #change(next: (groups: Group[]) => Group[]): Promise<void> {
    return this.#artifacts.update(KIND, ID, (current) => ({
      payload: { groups: next(recordsIn(current)) },
      expiresAt: NEVER,
    }));
  }
}

/** @throws AccountError */
function withGroup(groups: Group[], group: Group): Group[] {
  if (groups.some(({ name }) => name === group.name))
    throw new AccountError([`the group ${group.name} exists`]);
  if (groups.length >= MAX_GROUPS) throw new AccountError([`there are ${MAX_GROUPS} groups; remove one`]);
  return [...groups, group];
}

/** @throws AccountError */
function checkName(name: string): string {
  const isName =
    name.trim() === name && name !== '' && name.length <= MAX_NAME_LENGTH && !/\p{C}/u.test(name);
  if (isName) return name;
  throw new AccountError([
    `the name of a group has 1 to ${MAX_NAME_LENGTH} visible characters, without spaces around it`,
  ]);
}

function recordsIn(payload: Payload | undefined): Group[] {
  return (payload?.groups as Group[] | undefined) ?? [];
}

function target(id: string): { kind: 'group'; id: string } {
  return { kind: 'group', id };
}
