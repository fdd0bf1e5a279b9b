import { randomUUID } from 'node:crypto';
import type { ActorAudit } from '../audit/audit.ts';
import type { NamedActorType } from '../audit/events.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import { ConflictError } from '../store/errors.ts';
import type { AccountFilter, AccountRecord, Store } from '../store/store.ts';
import { parseClaims } from './claims.ts';
import { AccountError, UnacceptablePasswordError } from './errors.ts';
import type { Passwords } from './credentials/password.ts';
import { requireOwnAddress } from './sign-in-name.ts';
import { asUsername, normalizeUsername } from './username.ts';

/**
 * The accounts of people who sign in. This folder owns usernames, claims, credentials (`credentials/`), the check of a username
 * and password (`authentication.ts`) and the protection against guessing (`login-protection.ts`, `known-devices.ts`). It lists
 * and ends sessions (`sessions.ts`) and consents (`consents.ts`), and owns no grants or tokens: it revokes them through the store. It knows no HTTP and renders no pages; `interactions/` asks it
 * to sign people in, `oidc/` asks it for claims, `cli/` manages accounts.
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
   * @throws AccountError for an invalid or taken username, one that looks like an email address and is not that of the account, an
   *   unacceptable password or an invalid claim
   */
  add(account: NewAccount): Promise<Account>;
  /** Those that match, ordered by username; fewer than `limit` on the last page only. `after`: the last username of the previous page. */
  list(page: AccountFilter & { after?: string | undefined; limit: number }): Promise<Account[]>;
  /**
   * Also revokes the account's sessions, grants and tokens.
   * @throws AccountError for an unacceptable password, or when the account does not exist
   */
  setPassword(id: string, password: string): Promise<Account>;
  /**
   * Merges into the stored claims, atomically: sets the given claims, removes those that are null, keeps the others.
   * @throws AccountError for an invalid claim, another email address than the one that is the username, or when the account does not
   *   exist
   */
  changeClaims(id: string, changes: Record<string, unknown>): Promise<Account>;
  /**
   * Changes the username, and claims as `changeClaims` does, in one step. Sessions and tokens stay.
   * @throws AccountError as `add`, or when the account does not exist
   */
  rename(id: string, username: string, changes?: Record<string, unknown>): Promise<Account>;
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
   * Also revokes the account's sessions, grants and tokens. The subject identifier is never reused.
   * @throws AccountError when the account does not exist
   */
  remove(id: string): Promise<void>;
}

export interface NewAccount {
  username: string;
  /** Without a password, the account cannot sign in with one. */
  password?: string | undefined;
  /** For the demo account, whose password is a constant: the check against the list of common passwords takes 40 ms. */
  skipPasswordRules?: boolean | undefined;
  claims?: Record<string, unknown> | undefined;
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

  constructor({ store, passwords, audit, clock, revocationLifetime }: AccountsOptions) {
    this.#store = store;
    this.#passwords = passwords;
    this.#audit = audit;
    this.#clock = clock;
    this.#revocationLifetime = revocationLifetime;
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

  async add({ username, password, skipPasswordRules = false, claims }: NewAccount): Promise<Account> {
    const time = nowInSeconds(this.#clock);
    const hash = (text: string) =>
      skipPasswordRules ? this.#passwords.hash(text) : this.#hashNewPassword(text, username);
    const record: AccountRecord = {
      id: randomUUID(),
      username: normalizeUsername(username),
      claims: parseClaims(claims ?? {}),
      passwordHash: password === undefined ? undefined : await hash(password),
      disabled: false,
      generation: 0,
      createdAt: time,
      updatedAt: time,
    };
    requireOwnAddress(record);
    await translateConflict(this.#store.accounts.create(record), `the username ${record.username} is taken`);
    this.#audit.record({
      type: 'account.added',
      accountId: record.id,
      detail: { username: record.username },
    });
    return toAccount(record);
  }

  async setPassword(id: string, password: string): Promise<Account> {
    const { username = '' } = (await this.#store.accounts.find(id)) ?? {};
    const passwordHash = await this.#hashNewPassword(password, username);
    const account = await this.#change(id, 'account.password_set', () => ({ passwordHash }));
    await this.#revokeEverything(id);
    return account;
  }

  async changeClaims(id: string, changes: Record<string, unknown>): Promise<Account> {
    return await this.#change(id, 'account.changed', (current) => withClaims(current, changes), {
      claims: Object.keys(changes),
    });
  }

  async rename(id: string, username: string, changes: Record<string, unknown> = {}): Promise<Account> {
    const name = normalizeUsername(username);
    return await this.#change(id, 'account.renamed', (current) => withClaims(current, changes, name), {
      username: name,
      claims: Object.keys(changes),
    });
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

  async remove(id: string): Promise<void> {
    const record = await this.#store.accounts.find(id);
    if (record === undefined || !(await this.#store.accounts.remove(id))) throw noSuchAccount();
    this.#audit.record({ type: 'account.removed', accountId: id, detail: { username: record.username } });
    await this.#revokeEverything(id);
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
    detail?: Record<string, unknown>,
  ): Promise<Account> {
    const record = await translateConflict(
      this.#store.accounts.update(id, (current) => ({
        ...values(current),
        updatedAt: nowInSeconds(this.#clock),
        ...(REVOKING_EVENTS.has(type) && { generation: current.generation + 1 }),
      })),
    );
    if (record === undefined) throw noSuchAccount();
    this.#audit.record({ type, accountId: id, detail });
    return toAccount(record);
  }

  /** Runs after the account itself has changed. Its new generation already invalidates everything issued before; this deletes it. */
  async #revokeEverything(id: string): Promise<void> {
    await this.#store.artifacts.revokeAccount(id, nowInSeconds(this.#clock) + this.#revocationLifetime);
  }
}

/** @throws AccountError for an invalid claim, or a username that looks like the address of another account */
function withClaims(
  current: AccountRecord,
  changes: Record<string, unknown>,
  username: string = current.username,
): Pick<AccountRecord, 'username' | 'claims'> {
  const claims = parseClaims(withChanges(current.claims, changes), current.claims);
  requireOwnAddress({ username, claims }, current);
  return { username, claims };
}

function withChanges(
  claims: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> {
  const changed = Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== null);
  return Object.fromEntries(changed);
}

export function toAccount({ passwordHash, ...account }: AccountRecord): Account {
  return { ...account, hasPassword: passwordHash !== undefined };
}

/** @throws AccountError when another account has the username or the email address */
async function translateConflict<T>(write: Promise<T>, username = 'the username is taken'): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw new AccountError([error.on === 'email' ? 'email: is the address of another account' : username], {
      cause: error,
    });
  }
}

function noSuchAccount(): AccountError {
  return new AccountError(['there is no such account']);
}
