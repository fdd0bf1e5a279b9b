import type { CounterStore } from './counters.ts';

/**
 * The store port: everything Signet remembers, behind six small interfaces, and one that carries it all elsewhere.
 *
 * This file owns the contract and nothing else: no SQL, no Redis, no oidc-provider. `test/store/` runs one
 * suite against every implementation, with real concurrency; what is written here is what that suite proves.
 *
 * - **Times** are epoch seconds, except audit events, which carry epoch milliseconds. The clock is injected
 *   when a store is opened.
 * - **Ids are secrets** (authorization codes, tokens, session ids): an implementation keeps only their
 *   SHA-256 and never the id itself, in any column, key or payload. Grant ids, uids and user codes likewise.
 * - **Acknowledged means durable**: when a promise of a write resolves, the write survives `kill -9`.
 * - **Bounded**: every operation settles within a second. A store that cannot answer rejects with
 *   `StoreUnavailableError`, whether or not it has written; nothing hangs and nothing is half-written.
 * - **Expired is absent**: a record whose `expiresAt` has passed is not found, even before the sweep removes it.
 */

export type { Count, CounterAddition, CounterStore } from './counters.ts';

/** A JSON object as oidc-provider's models produce it. */
export type Payload = Record<string, unknown>;

/** Protocol artifacts: oidc-provider's model names and the few of our own. */
export type ArtifactKind =
  | 'AccessToken'
  | 'AuthorizationCode'
  | 'BackchannelAuthenticationRequest'
  | 'ClientCredentials'
  | 'Consent'
  | 'DeviceCode'
  | 'Grant'
  | 'InitialAccessToken'
  | 'Interaction'
  | 'KnownDevice'
  | 'PushedAuthorizationRequest'
  | 'RefreshAnswer'
  | 'RefreshToken'
  | 'RegistrationAccessToken'
  | 'ReplayDetection'
  | 'RevokedAccessToken'
  | 'Session'
  | 'SigningKeyNumber';

export interface ArtifactWrite {
  payload: Payload;
  /** Epoch seconds. */
  expiresAt: number;
  /** The grant under which the artifact was issued; a `Grant` names itself. */
  grantId?: string | undefined;
  /** The account it speaks for; `revokeAccount` ends it. */
  accountId?: string | undefined;
  /** Second key of a `Session`. */
  uid?: string | undefined;
  /** Second key of a `DeviceCode`. */
  userCode?: string | undefined;
}

/** Codes, tokens, sessions, grants and interactions. */
export interface ArtifactStore {
  /**
   * Creates or replaces an artifact. Replacing keeps the mark of consumption.
   * @throws GrantRevokedError when `grantId` was revoked, however long ago within its tombstone's life
   */
  upsert(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<void>;
  /**
   * Creates an artifact where there is none: of all callers with an id that was never written before, exactly one gets `true`, and the
   * others find what that one wrote.
   * @throws GrantRevokedError as `upsert`
   */
  create(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<boolean>;
  /** The payload, with `consumed` (epoch seconds) added when it was consumed. */
  find(kind: ArtifactKind, id: string): Promise<Payload | undefined>;
  findByUid(kind: ArtifactKind, uid: string): Promise<Payload | undefined>;
  findByUserCode(kind: ArtifactKind, userCode: string): Promise<Payload | undefined>;
  /**
   * Compare-and-set: of all callers in all processes, ever, exactly one gets `true` for one kind and id. `false` for one that
   * is absent, expired or already consumed. A consumed id stays consumed until it expires, also when the
   * artifact is destroyed and written again meanwhile.
   */
  consume(kind: ArtifactKind, id: string): Promise<boolean>;
  /** Replay detection: `true` for the first caller with this id until `expiresAt`, `false` for every other. */
  createOnce(kind: ArtifactKind, id: string, expiresAt: number): Promise<boolean>;
  destroy(kind: ArtifactKind, id: string): Promise<void>;
  /** Destroys the artifacts of one kind issued under a grant. The grant itself lives on. */
  destroyByGrant(kind: ArtifactKind, grantId: string): Promise<void>;
  /**
   * Ends a grant for good: destroys everything under it, whatever its kind, and leaves a tombstone until
   * `until` (epoch seconds), which makes every later `upsert` under that grant fail.
   */
  revokeGrant(grantId: string, until: number): Promise<void>;
  /** True while the tombstone of a revoked grant stands. */
  isGrantRevoked(grantId: string): Promise<boolean>;
  /** Destroys everything that speaks for an account and revokes its grants until `until` (epoch seconds). */
  revokeAccount(accountId: string, until: number): Promise<void>;
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
  /** @throws ConflictError when the id or the username is taken */
  create(account: AccountRecord): Promise<void>;
  find(id: string): Promise<AccountRecord | undefined>;
  findByUsername(username: string): Promise<AccountRecord | undefined>;
  /**
   * Replaces members in one step; the others keep their value.
   * @param change makes the new values from the current ones; it may be called again when another change came in between, and its
   *   answer undefined means that nothing is to be changed
   * @returns the account afterwards, undefined when there is none or nothing was to be changed
   * @throws ConflictError when a new username is taken
   */
  update(id: string, change: AccountChange): Promise<AccountRecord | undefined>;
  /** @returns whether there was one */
  remove(id: string): Promise<boolean>;
  /** Ordered by username; `after` is the last username of the page before. */
  list(page: { after?: string | undefined; limit: number }): Promise<AccountRecord[]>;
}

export interface ClientSecret {
  /** `sha256$<salt>$<digest>`, both base64url. The secret itself is never stored. */
  digest: string;
  createdAt: number;
  /** Epoch seconds, absent when it does not expire. */
  expiresAt?: number | undefined;
}

export interface ClientRecord {
  /** `client_id`. */
  id: string;
  /** Random, new for every client that is created: what an earlier client of the same id was given is not this one's. */
  instance: string;
  /** Client metadata by its registered names (RFC 7591 §2), never with a secret in it. */
  metadata: Record<string, unknown>;
  /** Newest first; any unexpired one authenticates. */
  secrets: ClientSecret[];
  /** `declared` in the configuration file and reconciled at start, or `added` on the command line. */
  source: 'declared' | 'added';
  createdAt: number;
  updatedAt: number;
}

export type ClientChange = (current: ClientRecord) => Omit<ClientRecord, 'id'> | undefined;

/** Applications. */
export interface ClientStore {
  /** @throws ConflictError when the id is taken */
  create(client: ClientRecord): Promise<void>;
  find(id: string): Promise<ClientRecord | undefined>;
  /**
   * Replaces a client in one step, as `AccountStore.update` does.
   * @param change makes the new one from the current one
   */
  update(id: string, change: ClientChange): Promise<ClientRecord | undefined>;
  /** @returns whether there was one */
  remove(id: string): Promise<boolean>;
  /** Ordered by id; `after` is the last id of the page before. */
  list(page: {
    after?: string | undefined;
    limit: number;
    source?: ClientRecord['source'] | undefined;
  }): Promise<ClientRecord[]>;
}

/** One key of the ring as a store keeps it: an opaque, already encrypted record under its `kid`. */
export interface SigningKeyRecord {
  kid: string;
  /** Sealed by the signing module; a store never sees a private key. */
  sealed: string;
  createdAt: number;
}

/** Signing keys shared by many nodes. One box keeps them as files instead (`signing/`). */
export interface SigningKeyStore {
  put(key: SigningKeyRecord): Promise<void>;
  list(): Promise<SigningKeyRecord[]>;
  remove(kid: string): Promise<boolean>;
}

export interface AuditEvent {
  /** Epoch milliseconds. */
  at: number;
  /** Dotted name, for instance `login.succeeded`. */
  type: string;
  accountId?: string | undefined;
  clientId?: string | undefined;
  ip?: string | undefined;
  /** Joins the event with the log lines and the response of the same request. */
  traceId?: string | undefined;
  /** Further facts without secrets. */
  detail?: Record<string, unknown> | undefined;
}

export interface AuditQuery {
  type?: string | undefined;
  accountId?: string | undefined;
  clientId?: string | undefined;
  /** Epoch milliseconds, inclusive. */
  since?: number | undefined;
  limit: number;
}

/** What happened, append-only. */
export interface AuditStore {
  append(events: readonly AuditEvent[]): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<AuditEvent[]>;
  /** Removes events before `before` (epoch milliseconds) and all but the newest `keep`; at most `limit` a call. */
  prune(before: number, keep: number, limit: number): Promise<number>;
}

/**
 * What a store holds, record by record, as every store can take it, and sealed as it lies there: digests and sealed texts
 * (`sealing.ts`) are base64url. A dump brings them in this order: what ends or marks an artifact comes after it, and so do accounts.
 */
export type DumpRecord =
  | {
      type: 'artifact';
      kind: ArtifactKind;
      /** Digest of its id. */
      id: string;
      sealed: string;
      expiresAt: number;
      /** Digest of the grant. */
      grant?: string | undefined;
      /** Digest of the account, and the account where the store knows it. */
      account?: string | undefined;
      accountId?: string | undefined;
      /** Digest of the uid or user code, and the artifact's id sealed under it. */
      alias?: { id: string; sealedId: string } | undefined;
    }
  /** By the digests of artifacts and replay ids, which are of their kind also where the store does not know it. */
  | { type: 'consumption'; kind?: ArtifactKind | undefined; id: string; at: number; expiresAt: number }
  | { type: 'replay id'; kind?: ArtifactKind | undefined; id: string; expiresAt: number }
  /** By the digest of the grant. */
  | { type: 'tombstone'; id: string; expiresAt: number }
  | { type: 'account'; account: AccountRecord }
  | { type: 'client'; client: ClientRecord }
  | { type: 'signing key'; key: SigningKeyRecord }
  | { type: 'audit event'; event: AuditEvent };

export type DumpType = DumpRecord['type'];

/** Why a record of a dump is not in the store: its time is over, a tombstone of the dump ended it, or it had come before. */
export type LeftOut = 'expired' | 'ended' | 'repeated';

/** Of each type, how many the store holds, counted in the store itself, and how many were left out. */
export type Loaded = Record<DumpType, Record<'stored' | LeftOut, number>>;

/** Everything at once: for backups, and for the way into another store. */
export interface TransferStore {
  /**
   * All that has not expired, while the store is in use: every write that was acknowledged before the first record was asked
   * for is in it. Not bounded in time.
   */
  dump(): AsyncIterable<DumpRecord>;
  /**
   * Writes the records of a dump into an empty store that nobody else uses. Not bounded in time.
   * @throws ConflictError before anything is written when the store is not empty
   */
  load(records: AsyncIterable<DumpRecord>): Promise<Loaded>;
}

export interface Store {
  readonly artifacts: ArtifactStore;
  readonly accounts: AccountStore;
  readonly clients: ClientStore;
  readonly signingKeys: SigningKeyStore;
  readonly audit: AuditStore;
  readonly counters: CounterStore;
  /** Counted in memory: shared where processes share a memory (Redis), by each process for itself elsewhere. */
  readonly quotas: Pick<CounterStore, 'add'>;
  readonly transfer: TransferStore;
  /** Resolves when the store can read and write. */
  ping(): Promise<void>;
  /** Removes up to `limit` expired records; returns how many. Stores with native expiry return 0. */
  sweep(limit: number): Promise<number>;
  close(): Promise<void>;
}
