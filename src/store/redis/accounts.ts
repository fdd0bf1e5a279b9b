import { ConflictError } from '../errors.ts';
import type { AccountChange, AccountRecord, AccountStore } from '../store.ts';
import {
  accountIdOf,
  completeEmailIndex,
  emailMember,
  emailMembersOf,
  sharedEmailIds,
} from './account-emails.ts';
import type { Connection } from './connection/connection.ts';
import { keys } from './keys.ts';

/** Accounts, all in one slot of a cluster, so that a record and its place in the indexes change together. */
export class RedisAccounts implements AccountStore {
  readonly #redis: Connection;
  #uniqueEmail = false;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  create(account: AccountRecord): Promise<void> {
    return this.#redis.operation(async () => {
      const outcome = await this.#change(undefined, account);
      if (outcome !== 'done') throw new ConflictError('the account id or the username is taken');
    });
  }

  find(id: string): Promise<AccountRecord | undefined> {
    return this.#redis.operation(async () => (await this.#find(id))?.account);
  }

  findByUsername(username: string): Promise<AccountRecord | undefined> {
    return this.#redis.operation(async () => {
      const [from, to] = membersOf(username);
      const [member] = await this.#redis.command((client) =>
        client.zrange(keys.usernames, from, to, 'BYLEX', 'LIMIT', 0, 1),
      );
      const found = member === undefined ? undefined : await this.#find(idOf(member));
      return found?.account.username === username ? found.account : undefined;
    });
  }

  update(id: string, change: AccountChange): Promise<AccountRecord | undefined> {
    return this.#redis.operation(async () => {
      for (;;) {
        const current = await this.#find(id);
        const values = current && change(current.account);
        if (!current || !values) return undefined;
        const { createdAt } = current.account;
        const changed: AccountRecord = { ...current.account, ...values, id, createdAt };
        const outcome = await this.#change(current, changed);
        if (outcome === 'taken') throw new ConflictError('the username is taken');
        if (outcome === 'done') return changed;
      }
    });
  }

  remove(id: string): Promise<boolean> {
    return this.#redis.operation(async () => {
      for (;;) {
        const current = await this.#find(id);
        if (!current) return false;
        if ((await this.#change(current, undefined)) === 'done') return true;
      }
    });
  }

  list({ after = '', limit }: { after?: string | undefined; limit: number }): Promise<AccountRecord[]> {
    return this.#redis.operation(async () => {
      const from = after === '' ? '-' : membersOf(after)[1];
      const members = await this.#redis.command((client) =>
        client.zrange(keys.usernames, from, '+', 'BYLEX', 'LIMIT', 0, limit),
      );
      if (members.length === 0) return [];
      const records = await this.#redis.command((client) =>
        client.mget(members.map((member) => keys.account(idOf(member)))),
      );
      return records.filter((text) => text !== null).map(decode);
    });
  }

  async requireUniqueEmail(): Promise<void> {
    this.#uniqueEmail = true;
    await completeEmailIndex(this.#redis);
  }

  async sharedEmails(limit: number): Promise<string[][]> {
    const groups = await sharedEmailIds(this.#redis, limit);
    return Promise.all(
      groups.map(async (ids) => {
        const accounts = await Promise.all(ids.map((id) => this.find(id)));
        return accounts.flatMap((account) => account?.username ?? []).toSorted();
      }),
    );
  }

  async #find(id: string): Promise<Stored | undefined> {
    const text = await this.#redis.command((client) => client.get(keys.account(id)));
    return text === null ? undefined : { text, account: decode(text) };
  }

  /**
   * Compare-and-set of the whole account.
   * @returns `done`, `stale` when the record has changed since it was read, or `taken` for its username
   * @throws ConflictError when another account has its email address
   */
  async #change(current: Stored | undefined, account: AccountRecord | undefined): Promise<unknown> {
    const id = current?.account.id ?? account?.id ?? '';
    for (;;) {
      const outcome = await this.#redis.runDurably(
        'changeAccount',
        [keys.account(id), keys.usernames, keys.emails],
        [
          current?.text ?? '',
          account ? JSON.stringify(account) : '',
          current ? memberOf(current.account) : '',
          account ? memberOf(account) : '',
          ...membersOf(account?.username ?? ''),
          emailMember(current?.account),
          emailMember(account),
          ...(this.#uniqueEmail ? emailMembersOf(account) : ['', '']),
        ],
      );
      if (outcome === 'done' || outcome === 'stale' || outcome === 'taken') return outcome;
      await this.#removeOutdatedEmail(String(outcome));
    }
  }

  /**
   * Removes an outdated member from the index of email addresses: versions of Signet without that index do not maintain it.
   * @throws ConflictError when the member is current
   */
  async #removeOutdatedEmail(member: string): Promise<void> {
    const other = await this.#find(accountIdOf(member));
    if (emailMember(other?.account) === member)
      throw new ConflictError('the email address is taken', 'email');
    await this.#redis.send((client) => client.zrem(keys.emails, member));
  }
}

interface Stored {
  /** The record as stored. */
  text: string;
  account: AccountRecord;
}

/** Sorts like the username, by its bytes. */
function memberOf({ username, id }: AccountRecord): string {
  return `${username}\u0000${id}`;
}

function idOf(member: string): string {
  return member.slice(member.indexOf('\u0000') + 1);
}

/** The range of members with one username. The upper bound is also the lower bound of the members after it. */
function membersOf(username: string): [from: string, to: string] {
  return [`[${username}\u0000`, `(${username}\u0001`];
}

function decode(text: string): AccountRecord {
  const account: AccountRecord = JSON.parse(text);
  return { ...account, passwordHash: account.passwordHash };
}
