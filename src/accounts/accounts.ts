import type { ActorAudit } from '../audit/audit.ts';
import type { NamedActorType } from '../audit/events.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { AccountFilter, AccountRecord, ChangeJobs, Store } from '../store/store.ts';
import { withClaims } from './changed-claims.ts';
import { translateConflict } from './conflict.ts';
import { AccountError, noSuchAccount, UnacceptablePasswordError } from './errors.ts';
import type { Passwords } from './credentials/password.ts';
import { type NewAccount, newRecord } from './new-account.ts';
import { createReservedNames, giveBackReserved, type ReservedNames } from './reserved-names.ts';
import { asUsername, normalizeUsername } from './username.ts';

/**
 * The accounts of people who sign in. This folder owns usernames, claims, groups, credentials (`credentials/`), the check of a username and
 * password (`authentication.ts`), the steps of a sign-in (`sign-in/`) and the protection against guessing (`login-protection.ts`,
 * `factor-protection.ts`, `known-devices.ts`); and how people get an account (`sign-up/`, `imports/`), get back into it (`recovery/`) and
 * leave it (`deletion.ts`). It lists and ends sessions (`sessions.ts`) and consents (`consents.ts`), and owns no grants or tokens: it revokes
 * them through the store. It knows no HTTP and renders no pages; `interactions/` asks it to sign people in, `oidc/` asks it for claims,
 * `account-pages/` and `cli/` change accounts.
 */

/** Changes that revoke the sessions, grants and tokens of the account: they increase its generation. */
const REVOKING_EVENTS: ReadonlySet<NamedActorType> = new Set([
  'account.password_set',
  'account.disabled',
  'account.signed_out',
]);

export type { AccountFilter } from '../store/store.ts';

/** An account without its password hash, for use outside this folder. Times are epoch seconds. */
export type Account = Readonly<Omit<AccountRecord, 'passwordHash'>> & { readonly hasPassword: boolean };

export interface Accounts {
  /** By subject identifier. */
  find(id: string): Promise<Account | undefined>;
  /** Accepts any spelling that normalizes to the username. */
  findByUsername(username: string): Promise<Account | undefined>;
  /**
   * @throws AccountError for an invalid, taken or reserved username, one that looks like an email address and is not that of the account, an
   *   unacceptable password, an invalid claim, or an id that another account has or had
   */
  add(account: NewAccount): Promise<Account>;
  /** Those that match, ordered by username; fewer than `limit` on the last page only. `after`: the last username of the previous page. */
  list(page: AccountFilter & { after?: string | undefined; limit: number }): Promise<Account[]>;
  /**
   * Also revokes the account's sessions, grants and tokens.
   * @throws AccountError for an unacceptable password, or when the account does not exist or has another generation
   */
  setPassword(id: string, password: string, options?: SetPasswordOptions): Promise<Account>;
  /**
   * Merges into the stored claims, atomically: sets the given claims, removes those that are null, keeps the others.
   * @throws AccountError for an invalid claim, another email address than the one that is the username, or when the account does not
   *   exist
   */
  changeClaims(id: string, changes: Record<string, unknown>, jobs?: ChangeJobs): Promise<Account>;
  /**
   * Changes the username, and claims as `changeClaims` does, in one step. Sessions and tokens stay. The former username is reserved
   * (`reserved-names.ts`).
   * @throws AccountError as `add`, or when the account does not exist
   */
  rename(
    id: string,
    username: string,
    changes?: Record<string, unknown>,
    options?: { takesReserved?: boolean | undefined; jobs?: ChangeJobs | undefined },
  ): Promise<Account>;
  /**
   * Also revokes the account's sessions, grants and tokens.
   * @throws AccountError when the account does not exist
   */
  disable(id: string): Promise<Account>;
  /** @throws AccountError when the account does not exist */
  enable(id: string): Promise<Account>;
  /**
   * Revokes the account's sessions, grants and tokens.
   * @throws AccountError when the account does not exist
   */
  signOut(id: string): Promise<void>;
  /**
   * Also revokes the account's sessions, grants and tokens. The subject identifier is never reused; the username is reserved.
   * @throws AccountError when the account does not exist
   */
  remove(id: string, jobs?: ChangeJobs): Promise<void>;
}

export interface SetPasswordOptions {
  /** That the account must still have. */
  generation?: number | undefined;
  jobs?: ChangeJobs | undefined;
}

export interface AccountsOptions {
  store: Pick<Store, 'accounts' | 'artifacts'>;
  passwords: Passwords;
  /** Of the one who makes the changes. */
  audit: ActorAudit;
  clock: Clock;
  /** Seconds that a revocation is stored; at least the longest token lifetime. */
  revocationLifetime: number;
}

export function createAccounts(options: AccountsOptions): Accounts {
  return new StoredAccounts(options);
}

class StoredAccounts implements Accounts {
  readonly #store: AccountsOptions['store'];
  readonly #passwords: Passwords;
  readonly #audit: AccountsOptions['audit'];
  readonly #clock: Clock;
  readonly #revocationLifetime: number;
  readonly #names: ReservedNames;

  constructor({ store, passwords, audit, clock, revocationLifetime }: AccountsOptions) {
    this.#store = store;
    this.#passwords = passwords;
    this.#audit = audit;
    this.#clock = clock;
    this.#revocationLifetime = revocationLifetime;
    this.#names = createReservedNames({ artifacts: store.artifacts, clock });
  }

  async find(id: string): Promise<Account | undefined> {
    const record = await this.#store.accounts.find(id);
    return record && toAccount(record);
  }

  async findByUsername(username: string): Promise<Account | undefined> {
    const name = asUsername(username);
    const record = name === undefined ? undefined : await this.#store.accounts.findByUsername(name);
    return record && toAccount(record);
  }

  async list(page: AccountFilter & { after?: string | undefined; limit: number }): Promise<Account[]> {
    return (await this.#store.accounts.list(page)).map(toAccount);
  }

  async add(account: NewAccount): Promise<Account> {
    const { username, password, skipPasswordRules = false, takesReserved } = account;
    const now = nowInSeconds(this.#clock);
    const record = newRecord(account, now);
    if (password !== undefined) {
      record.details = { ...record.details, passwordSetAt: now };
      record.passwordHash = skipPasswordRules
        ? await this.#passwords.hash(password)
        : await this.#hashNewPassword(password, username);
    }
    await translateConflict(this.#store.accounts.create(record), `the username ${record.username} is taken`);
    const conflict = takesReserved === true ? undefined : await this.#conflict(record, account);
    if (conflict !== undefined) {
      await this.#store.accounts.remove(record.id);
      throw conflict;
    }
    this.#audit.record({
      type: 'account.added',
      accountId: record.id,
      detail: { username: record.username },
    });
    return toAccount(record);
  }

  async setPassword(
    id: string,
    password: string,
    { generation, jobs }: SetPasswordOptions = {},
  ): Promise<Account> {
    const { username = '' } = (await this.#store.accounts.find(id)) ?? {};
    const passwordHash = await this.#hashNewPassword(password, username);
    const values = (current: AccountRecord) => {
      if (generation !== undefined && current.generation !== generation) throw noSuchAccount();
      return { passwordHash, details: { ...current.details, passwordSetAt: nowInSeconds(this.#clock) } };
    };
    const account = await this.#change(id, 'account.password_set', values, { jobs });
    await this.#revokeEverything(id);
    return account;
  }

  async changeClaims(id: string, changes: Record<string, unknown>, jobs?: ChangeJobs): Promise<Account> {
    const detail = { claims: Object.keys(changes) };
    const values = (current: AccountRecord) => withClaims(current, changes);
    return await this.#change(id, 'account.changed', values, { detail, jobs });
  }

  async rename(
    id: string,
    username: string,
    changes: Record<string, unknown> = {},
    { takesReserved, jobs }: { takesReserved?: boolean | undefined; jobs?: ChangeJobs | undefined } = {},
  ): Promise<Account> {
    const name = normalizeUsername(username);
    const record = await this.#store.accounts.find(id);
    if (record !== undefined && record.username !== name)
      await this.#names.reserve('username', record.username, id);
    const detail = { username: name, claims: Object.keys(changes) };
    const values = (current: AccountRecord) => {
      if (current.username !== record?.username)
        throw new AccountError(['the account got another username meanwhile']);
      return withClaims(current, changes, name);
    };
    return await this.#change(id, 'account.renamed', values, { detail, takesReserved, jobs });
  }

  async disable(id: string): Promise<Account> {
    const account = await this.#change(id, 'account.disabled', () => ({ disabled: true }));
    await this.#revokeEverything(id);
    return account;
  }

  async enable(id: string): Promise<Account> {
    return await this.#change(id, 'account.enabled', () => ({ disabled: false }));
  }

  async signOut(id: string): Promise<void> {
    await this.#change(id, 'account.signed_out', () => ({}));
    await this.#revokeEverything(id);
  }

  async remove(id: string, jobs?: ChangeJobs): Promise<void> {
    const record = await this.#store.accounts.find(id);
    if (record === undefined) throw noSuchAccount();
    await this.#names.reserve('username', record.username, id);
    await this.#names.retire(record);
    if (!(await this.#store.accounts.remove(id, jobs))) throw noSuchAccount();
    this.#audit.record({ type: 'account.removed', accountId: id, detail: { username: record.username } });
    await this.#revokeEverything(id);
  }

  async #conflict(record: AccountRecord, { id }: NewAccount): Promise<AccountError | undefined> {
    const ofNames = await this.#names.conflict(record);
    return ofNames ?? (id === undefined ? undefined : await this.#names.idConflict({ id, username: '' }));
  }

  /** @throws AccountError listing what makes the password unacceptable */
  async #hashNewPassword(password: string, username: string): Promise<string> {
    const problems = await this.#passwords.problems(password, username);
    if (problems.length > 0) throw new UnacceptablePasswordError(problems);
    return await this.#passwords.hash(password);
  }

  async #change(
    id: string,
    type: NamedActorType,
    values: (current: AccountRecord) => Partial<Omit<AccountRecord, 'id' | 'createdAt'>>,
    {
      detail,
      takesReserved = false,
      jobs,
    }: {
      detail?: Record<string, unknown>;
      takesReserved?: boolean | undefined;
      jobs?: ChangeJobs | undefined;
    } = {},
  ): Promise<Account> {
    let before: AccountRecord | undefined;
    const record = await translateConflict(
      this.#store.accounts.update(
        id,
        (current) => {
          before = current;
          return {
            ...values(current),
            updatedAt: nowInSeconds(this.#clock),
            ...(REVOKING_EVENTS.has(type) && { generation: current.generation + 1 }),
          };
        },
        jobs,
      ),
    );
    if (record === undefined || before === undefined) throw noSuchAccount();
    if (!takesReserved) await giveBackReserved(this.#store.accounts, this.#names, record, before);
    this.#audit.record({ type, accountId: id, detail });
    return toAccount(record);
  }

  /** Runs after the account itself has changed. Its new generation already invalidates everything issued before; this deletes it. */
  async #revokeEverything(id: string): Promise<void> {
    await this.#store.artifacts.revokeAccount(id, nowInSeconds(this.#clock) + this.#revocationLifetime);
  }
}

export function toAccount({ passwordHash, ...account }: AccountRecord): Account {
  return { ...account, hasPassword: passwordHash !== undefined };
}
