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
   * Counts the times that everything speaking for the account was ended (password set, disabled). What was given out under an
   * earlier number is void, wherever it may still lie or be written.
   */
  generation: number;
  createdAt: number;
  updatedAt: number;
}

export type AccountChange = (
  current: AccountRecord,
) => Partial<Omit<AccountRecord, 'id' | 'createdAt'>> | undefined;

/** People who sign in. */
export interface AccountStore {
  /** @throws ConflictError when the id or the username is taken, or the email address where that is required */
  create(account: AccountRecord): Promise<void>;
  find(id: string): Promise<AccountRecord | undefined>;
  findByUsername(username: string): Promise<AccountRecord | undefined>;
  /**
   * Replaces members in one step; the others keep their value.
   * @param change makes the new values from the current ones; it may be called again when another change came in between, and its
   *   answer undefined means that nothing is to be changed
   * @returns the account afterwards, undefined when there is none or nothing was to be changed
   * @throws ConflictError when a new username is taken, or a new email address where that is required; and whatever `change` throws,
   *   which changes nothing
   */
  update(id: string, change: AccountChange): Promise<AccountRecord | undefined>;
  /** @returns whether there was one */
  remove(id: string): Promise<boolean>;
  /** Ordered by username; `after` is the last username of the page before. */
  list(page: { after?: string | undefined; limit: number }): Promise<AccountRecord[]>;
  /**
   * From now on `create` and `update` of this object refuse an email address (the claim `email`, without case: `../email-key.ts`) that
   * another account has. Accounts that share one already keep it. Not bounded in time: it may have to make an index.
   */
  requireUniqueEmail(): Promise<void>;
  /**
   * The usernames of accounts that share an email address, a list for each address, for at most `limit` addresses. Complete only once
   * `requireUniqueEmail` was called. Not bounded in time.
   */
  sharedEmails(limit: number): Promise<string[][]>;
}
