import { findAccounts, walkAccounts } from '../account-search/find-accounts.ts';
import { prepareFilter } from '../account-search/terms.ts';
import { emailKey } from '../email-key.ts';
import { ConflictError } from '../errors.ts';
import { newJob } from '../new-job.ts';
import type {
  AccountChange,
  AccountFilter,
  AccountRecord,
  AccountStore,
  ChangeJobs,
  JobRecord,
} from '../store.ts';
import {
  accountIdOf,
  completeEmailIndex,
  emailMember,
  emailMembersOf,
  sharedEmailIds,
} from './account-emails.ts';
import { membersOf } from './account-index.ts';
import { IndexPass, isIndexComplete } from './account-index-pass.ts';
import { decodeAccount, idOf, usernameMember, usernameRange } from './account-records.ts';
import { RedisAccountSearch } from './account-search.ts';
import { sessionsEndedBy } from '../session-ends.ts';
import type { Connection } from './connection/connection.ts';
import type { RedisJobs } from './jobs.ts';
import { keys } from './keys.ts';
import type { SessionJobs } from './session-jobs.ts';

/** Accounts, all in one slot of a cluster, so that a record and its place in the indexes change together. */
export class RedisAccounts implements AccountStore {
  readonly #redis: Connection;
  readonly #search: RedisAccountSearch;
  readonly #pass: IndexPass;
  readonly #sessionJobs: SessionJobs | undefined;
  readonly #jobs: RedisJobs | undefined;
  readonly #now: () => number;
  #uniqueEmail = false;

  /**
   * @param now epoch seconds
   * @param outbox absent where no account is changed
   */
  constructor(redis: Connection, now: () => number, outbox?: { sessionJobs: SessionJobs; jobs: RedisJobs }) {
    this.#redis = redis;
    this.#now = now;
    this.#sessionJobs = outbox?.sessionJobs;
    this.#jobs = outbox?.jobs;
    this.#search = new RedisAccountSearch(redis);
    this.#pass = new IndexPass(redis, now);
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

  /** An unknown name takes as many round trips as a known one: a sign-in does not tell them apart by its time. */
  findByUsername(username: string): Promise<AccountRecord | undefined> {
    return this.#redis.operation(async () => {
      const [from, to] = usernameRange(username);
      const [member] = await this.#redis.command((client) =>
        client.zrange(keys.usernames, from, to, 'BYLEX', 'LIMIT', 0, 1),
      );
      const found = await this.#find(member === undefined ? NO_ACCOUNT : idOf(member));
      return found?.account.username === username ? found.account : undefined;
    });
  }

  /** As `findByUsername`, also in the number of round trips. */
  findByEmail(address: string, limit: number): Promise<AccountRecord[]> {
    return this.#redis.operation(async () => {
      const key = emailKey(address);
      const [from, to] = emailMembersOf(key);
      const members =
        key === undefined
          ? []
          : await this.#redis.command((client) =>
              client.zrange(keys.emails, from, to, 'BYLEX', 'LIMIT', 0, limit),
            );
      const ids = members.length === 0 ? [NO_ACCOUNT] : members.map(accountIdOf);
      const texts = await this.#redis.command((client) => client.mget(ids.map(keys.account)));
      return texts
        .flatMap((text) => (text === null ? [] : decodeAccount(text)))
        .filter(({ claims: { email } }) => emailKey(email) === key);
    });
  }

  async update(
    id: string,
    change: AccountChange,
    jobs: ChangeJobs = () => [],
  ): Promise<AccountRecord | undefined> {
    const ofSessions = this.#sessionJobs?.ofAccount(id);
    let ofChange: JobRecord[] = [];
    const changed = await this.#redis.replacement(keys.account(id), async () => {
      for (;;) {
        const current = await this.#find(id);
        const values = current && change(current.account);
        if (!current || !values) return undefined;
        const { createdAt } = current.account;
        const after: AccountRecord = { ...current.account, ...values, id, createdAt };
        await ofSessions?.enqueueBefore(sessionsEndedBy(current.account, after));
        ofChange = jobs(after).map((job) => newJob(job, this.#now()));
        const outcome = await this.#change(current, after, ofChange);
        if (outcome === 'taken') throw new ConflictError('the username is taken');
        if (outcome === 'done') return after;
      }
    });
    if (changed === undefined) return undefined;
    await ofSessions?.enqueueRest();
    if (ofChange.length > 0) await this.#jobs?.takeFromAccounts(ofChange);
    return changed;
  }

  async remove(id: string, jobs: ChangeJobs = () => []): Promise<boolean> {
    const ofSessions = this.#sessionJobs?.ofAccount(id);
    let ofChange: JobRecord[] = [];
    const removed = await this.#redis.operation(async () => {
      for (;;) {
        const current = await this.#find(id);
        if (!current) return false;
        await ofSessions?.enqueueBefore('all');
        ofChange = jobs(current.account).map((job) => newJob(job, this.#now()));
        if ((await this.#change(current, undefined, ofChange)) === 'done') return true;
      }
    });
    if (!removed) return false;
    await ofSessions?.enqueueRest();
    if (ofChange.length > 0) await this.#jobs?.takeFromAccounts(ofChange);
    return true;
  }

  async list({
    after = '',
    limit,
    ...filter
  }: AccountFilter & { after?: string | undefined; limit: number }): Promise<AccountRecord[]> {
    const prepared = prepareFilter(filter);
    if (prepared === undefined) return walkAccounts(this.#search, {}, { after, limit });
    const complete = await this.#redis.operation(() => isIndexComplete(this.#redis));
    return (complete ? findAccounts : walkAccounts)(this.#search, prepared, { after, limit });
  }

  completeIndex(limit: number): Promise<number> {
    return this.#pass.proceed(limit);
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
    return text === null ? undefined : { text, account: decodeAccount(text) };
  }

  /**
   * Compare-and-set of the whole account.
   * @returns `done`, `stale` when the record has changed since it was read, or `taken` for its username
   * @throws ConflictError when another account has its email address
   */
  async #change(
    current: Stored | undefined,
    account: AccountRecord | undefined,
    jobs: readonly JobRecord[] = [],
  ): Promise<unknown> {
    const id = current?.account.id ?? account?.id ?? '';
    const members = changedMembers(current?.account, account);
    for (;;) {
      const outcome = await this.#redis.runDurably(
        'changeAccount',
        [keys.account(id), keys.usernames, keys.emails, keys.accountIndex, keys.accountJobs],
        [
          current?.text ?? '',
          account ? JSON.stringify(account) : '',
          current ? usernameMember(current.account) : '',
          account ? usernameMember(account) : '',
          ...usernameRange(account?.username ?? ''),
          emailMember(current?.account),
          emailMember(account),
          ...(this.#uniqueEmail ? emailMembersOf(emailKey(account?.claims.email)) : ['', '']),
          2 * jobs.length,
          members.old.length,
          ...jobs.flatMap((job) => [job.id, JSON.stringify(job)]),
          ...members.old,
          ...members.new,
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

/** The id of no account. */
const NO_ACCOUNT = '';

interface Stored {
  /** The record as stored. */
  text: string;
  account: AccountRecord;
}

/** Members of the index of searches to remove and to add. Those that the account had are added again: another version lacks them. */
function changedMembers(
  before: AccountRecord | undefined,
  after: AccountRecord | undefined,
): { old: string[]; new: string[] } {
  if (before && after) {
    const { username, claims, disabled } = after;
    if (username === before.username && claims === before.claims && disabled === before.disabled)
      return { old: [], new: [] };
  }
  const added = new Set(membersOf(after));
  return { old: membersOf(before).filter((member) => !added.has(member)), new: [...added] };
}
