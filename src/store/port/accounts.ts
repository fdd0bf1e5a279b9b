import type { AccountDetails } from './account-details.ts';
import type { JobDraft } from './jobs.ts';

/**
 * What was revoked of an account, below the level of its generation. Sessions, grants and consents are compared with it at every use, so
 * that what a concurrent request writes later is invalid too. Owned by `accounts/revocations.ts`.
 */
export interface AccountRevocations {
  /** Sessions that were ended, by handle (`../handle.ts`). */
  sessions?: Readonly<Record<string, EndedSession>> | undefined;
  /** Number of consents that were withdrawn so far. */
  withdrawals?: number | undefined;
  /** Clients from which consent was withdrawn, by instance. */
  clients?: Readonly<Record<string, Withdrawal>> | undefined;
}

/** Epoch seconds. */
export interface EndedSession {
  at: number;
  /** When the entry is dropped: no grant of the session is valid then. */
  until: number;
}

export interface Withdrawal {
  /** `AccountRevocations.withdrawals`, this one included. */
  number: number;
  /** Epoch seconds. */
  at: number;
  /** When the entry is dropped: no grant and no consent of before is valid then. Epoch seconds. */
  until: number;
}

export interface AccountRecord {
  /** Stable subject identifier (`sub`), never reused. */
  id: string;
  /** Normalised sign-in name, unique. */
  username: string;
  /** PHC string (argon2id), or undefined when no password is set. */
  passwordHash: string | undefined;
  /** OpenID Connect Core §5.1 claims and custom ones, without `sub`. */
  claims: Record<string, unknown>;
  disabled: boolean;
  /**
   * Incremented when all sessions and tokens of the account are revoked (password set, account disabled). What was issued under a lower
   * number is invalid, wherever it is still stored.
   */
  generation: number;
  revocations?: AccountRevocations | undefined;
  details?: AccountDetails | undefined;
  createdAt: number;
  updatedAt: number;
}

export type AccountChange = (
  current: AccountRecord,
) => Partial<Omit<AccountRecord, 'id' | 'createdAt'>> | undefined;

/** Jobs of a change, from the account after it. Called again with `AccountChange`. */
export type ChangeJobs = (changed: AccountRecord) => readonly JobDraft[];

/** Only accounts for which everything given is true. */
export interface AccountFilter {
  /**
   * The username, the email address (claim `email`), or the name from any of its words on (claims `name`, `given_name`, `family_name`)
   * begins with this text, compared without case: `../account-search/terms.ts`. A text without visible characters matches every account.
   */
  search?: string | undefined;
  /** The claim `groups` contains this text. */
  group?: string | undefined;
  disabled?: boolean | undefined;
}

/**
 * Accounts of the people who sign in. A change that raises the generation, and the removal of an account, enqueue the jobs of all its
 * sessions (`Listing.jobs`); one that ends sessions by handle (`AccountRevocations.sessions`) enqueues the jobs of these.
 */
export interface AccountStore {
  /** @throws ConflictError when the id or the username is taken, or the email address where it must be unique */
  create(account: AccountRecord): Promise<void>;
  find(id: string): Promise<AccountRecord | undefined>;
  findByUsername(username: string): Promise<AccountRecord | undefined>;
  /**
   * Accounts that have an email address (claim `email`, compared without case: `../email-key.ts`), up to `limit` of them, in any order.
   * Accounts that a version of Signet without an index of addresses has written are found once `completeIndex` has looked at them.
   */
  findByEmail(email: string, limit: number): Promise<AccountRecord[]>;
  /**
   * Replaces some members in one atomic step; the others keep their values.
   * @param change computes the new values from the current ones; it is called again when another change came first. It returns
   *   undefined to change nothing
   * @param jobs enqueued with the change, in the same step: none is lost, and none is there without the change
   * @returns the account after the change; undefined when there is none or nothing was changed
   * @throws ConflictError when a new username is taken, or a new email address where it must be unique; also errors of `change`, after
   *   which nothing is changed
   */
  update(id: string, change: AccountChange, jobs?: ChangeJobs): Promise<AccountRecord | undefined>;
  /** @param jobs as for `update`, from the account as it was @returns whether there was one */
  remove(id: string, jobs?: ChangeJobs): Promise<boolean>;
  /**
   * One page of the accounts that match, ordered by the bytes of their usernames; `after` is the last username of the page before. The
   * page has fewer than `limit` accounts only when it is the last one. Over all pages, an account that exists and does not change
   * meanwhile is listed exactly once. What is listed matches at the time at which it is read. With a filter, not bounded in time: it may
   * take several operations, of which each is bounded.
   */
  list(page: AccountFilter & { after?: string | undefined; limit: number }): Promise<AccountRecord[]>;
  /**
   * Adds to the index of `list` what versions of Signet without the index have written to the same store. `list` finds what such
   * a version has written once this has looked through all accounts again, which it begins every six hours at the latest. To be called from time to time, by any number of processes at once.
   * @param limit accounts that one call looks at
   * @returns how many it has looked at; less than `limit` when there is nothing more to do now
   */
  completeIndex(limit: number): Promise<number>;
  /**
   * Makes `create` and `update` of this object reject an email address (claim `email`, compared without case: `../email-key.ts`) that
   * another account has. Accounts that already share one keep it. Not bounded in time: it may have to build an index.
   */
  requireUniqueEmail(): Promise<void>;
  /**
   * The usernames of accounts that share an email address, one list for each address, for at most `limit` addresses. Complete only after
   * `requireUniqueEmail`. Not bounded in time.
   */
  sharedEmails(limit: number): Promise<string[][]>;
}
