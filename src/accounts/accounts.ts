import { randomUUID } from 'node:crypto';
import type { Audit } from '../audit/audit.ts';
import type { AuditEventType } from '../audit/events.ts';
import { ConflictError } from '../store/errors.ts';
import type { AccountRecord, Store } from '../store/store.ts';
import { parseClaims } from './claims.ts';
import { AccountError } from './errors.ts';
import type { Passwords } from './passwords.ts';
import { normalizeUsername } from './username.ts';

/**
 * People who sign in. Owns usernames, passwords, claims and the rule that whoever loses an account loses everything issued for
 * it. Who they are is found out in `authentication.ts`. No HTTP, no pages.
 */

/** Changes after which nobody speaks for the account who did before. */
const ENDS_EVERYTHING: ReadonlySet<AuditEventType> = new Set(['account.password_set', 'account.disabled']);

/** What the rest of Signet sees of an account; the hash stays here. Times are epoch seconds. */
export type Account = Readonly<Omit<AccountRecord, 'passwordHash'>> & { readonly hasPassword: boolean };

export interface Accounts {
  /** By subject identifier. */
  find(id: string): Promise<Account | undefined>;
  /** By username in any spelling. */
  findByUsername(username: string): Promise<Account | undefined>;
  /** @throws AccountError for a username, password or claim that cannot be used */
  add(account: NewAccount): Promise<Account>;
  /** Ordered by username; `after` is the last username of the page before. */
  list(page: { after?: string | undefined; limit: number }): Promise<Account[]>;
  /**
   * Ends the account's sessions, grants and tokens too.
   * @throws AccountError for a password that cannot be used, or when there is no such account
   */
  setPassword(id: string, password: string): Promise<Account>;
  /**
   * Sets the claims that are named, removes those that are null, and leaves the others as they are at that moment.
   * @throws AccountError for a claim that cannot be stored, or when there is no such account
   */
  changeClaims(id: string, changes: Record<string, unknown>): Promise<Account>;
  /**
   * Ends the account's sessions, grants and tokens too.
   * @throws AccountError when there is no such account
   */
  disable(id: string): Promise<Account>;
  /** @throws AccountError when there is no such account */
  enable(id: string): Promise<Account>;
  /**
   * Ends the account's sessions, grants and tokens too. The subject identifier is not used again.
   * @throws AccountError when there is no such account
   */
  remove(id: string): Promise<void>;
}

export interface NewAccount {
  username: string;
  /** Without one, nobody can sign in with a password. */
  password?: string | undefined;
  /** The password is a constant of the source: loading the list of common passwords for it would take 60 ms. */
  skipPasswordRules?: boolean | undefined;
  claims?: Record<string, unknown> | undefined;
}

/**
 * @param options.clock epoch milliseconds
 * @param options.revocationLifetime seconds that the end of a grant is remembered; no token may live longer
 */
export function createAccounts(options: {
  store: Pick<Store, 'accounts' | 'artifacts'>;
  passwords: Passwords;
  audit: Pick<Audit, 'record'>;
  clock: () => number;
  revocationLifetime: number;
}): Accounts {
  const { store, passwords, audit, clock, revocationLifetime } = options;
  const now = () => Math.floor(clock() / 1000);

  async function usableHash(password: string, username: string): Promise<string> {
    const problems = await passwords.problems(password, username);
    if (problems.length > 0) throw new AccountError(problems);
    return await passwords.hash(password);
  }

  async function change(
    id: string,
    type: AuditEventType,
    values: (current: AccountRecord) => Partial<Omit<AccountRecord, 'id' | 'createdAt'>>,
    detail?: Record<string, unknown>,
  ): Promise<Account> {
    const record = await unlessTaken(
      store.accounts.update(id, (current) => ({
        ...values(current),
        updatedAt: now(),
        ...(ENDS_EVERYTHING.has(type) && { generation: current.generation + 1 }),
      })),
    );
    if (record === undefined) throw noSuchAccount();
    audit.record({ type, accountId: id, detail });
    return toAccount(record);
  }

  /** After the account itself has changed; what is still written under its earlier generation is void. This clears it away. */
  async function endEverything(id: string): Promise<void> {
    await store.artifacts.revokeAccount(id, now() + revocationLifetime);
  }

  return {
    async find(id) {
      const record = await store.accounts.find(id);
      return record && toAccount(record);
    },
    async findByUsername(username) {
      const record = await findRecord(store, username);
      return record && toAccount(record);
    },
    async add({ username, password, skipPasswordRules = false, claims }) {
      const time = now();
      const hash = (text: string) => (skipPasswordRules ? passwords.hash(text) : usableHash(text, username));
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
      await unlessTaken(store.accounts.create(record), `the username ${record.username} is taken`);
      audit.record({ type: 'account.added', accountId: record.id, detail: { username: record.username } });
      return toAccount(record);
    },
    async list(page) {
      return (await store.accounts.list(page)).map(toAccount);
    },
    async setPassword(id, password) {
      const { username = '' } = (await store.accounts.find(id)) ?? {};
      const passwordHash = await usableHash(password, username);
      const account = await change(id, 'account.password_set', () => ({ passwordHash }));
      await endEverything(id);
      return account;
    },
    changeClaims: async (id, changes) =>
      await change(
        id,
        'account.changed',
        ({ claims }) => ({ claims: parseClaims(withChanges(claims, changes), claims) }),
        { claims: Object.keys(changes) },
      ),
    async disable(id) {
      const account = await change(id, 'account.disabled', () => ({ disabled: true }));
      await endEverything(id);
      return account;
    },
    enable: (id) => change(id, 'account.enabled', () => ({ disabled: false })),
    async remove(id) {
      const record = await store.accounts.find(id);
      if (record === undefined || !(await store.accounts.remove(id))) throw noSuchAccount();
      audit.record({ type: 'account.removed', accountId: id, detail: { username: record.username } });
      await endEverything(id);
    },
  };
}

function withChanges(
  claims: Record<string, unknown>,
  changes: Record<string, unknown>,
): Record<string, unknown> {
  const changed = Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== null);
  return Object.fromEntries(changed);
}

/** By username in any spelling. */
export async function findRecord(
  store: Pick<Store, 'accounts'>,
  username: string,
): Promise<AccountRecord | undefined> {
  try {
    return await store.accounts.findByUsername(normalizeUsername(username));
  } catch (error) {
    if (error instanceof AccountError) return undefined;
    throw error;
  }
}

export function toAccount({ passwordHash, ...account }: AccountRecord): Account {
  return { ...account, hasPassword: passwordHash !== undefined };
}

/** @throws AccountError for what another account has */
async function unlessTaken<T>(write: Promise<T>, username = 'the username is taken'): Promise<T> {
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
