import type { AccountStore } from './port/accounts.ts';
import type { ArtifactStore, Payload } from './port/artifacts.ts';
import type { AuditStore } from './port/audit.ts';
import type { ClientRecord, ClientStore } from './port/clients.ts';
import type { CounterStore } from './port/counters.ts';
import type { JobStore } from './port/jobs.ts';
import type { ListedStore } from './port/listed.ts';
import type { StoreCounts } from './port/counts.ts';
import type { SigningKeyRecord, SigningKeyStore } from './port/signing-keys.ts';
import type { TransferStore } from './port/transfer.ts';

/**
 * The store port: everything that Signet stores, behind eight small interfaces, and a ninth for dump and load.
 *
 * This file and `port/` own the contract and nothing else: no SQL, no Redis, no oidc-provider. Implementations are `sqlite/` and
 * `redis/`; `open.ts` chooses one by its address. `test/store/` runs one suite with real concurrency against every implementation; it
 * proves what is stated here.
 *
 * - **Times** are epoch seconds, except those of audit events, which are epoch milliseconds. The clock is injected when a store is opened.
 * - **Ids are secrets** (authorization codes, tokens, session ids, and also grant ids, uids and user codes): an implementation stores only
 *   their SHA-256, and never the id itself, in any column, key or payload.
 * - **Acknowledged means durable**: when the promise of a write resolves, the write survives `kill -9`. Which writes also survive a power
 *   failure, and the failover of a replicated store: `port/artifact-kinds.ts`.
 * - **Bounded**: every operation settles within a second. A store that cannot answer rejects with `StoreUnavailableError`; the write may
 *   have been carried out then, but never in part (`ArtifactStore.commit` says what that means for a unit).
 * - **Expired is absent**: a record whose `expiresAt` has passed is not found, even before the sweep removes it.
 */

export type {
  AccountChange,
  AccountFilter,
  AccountRecord,
  AccountRevocations,
  AccountStore,
  ChangeJobs,
} from './port/accounts.ts';
export type {
  AcceptedTerms,
  AccountDetails,
  AccountFactors,
  EmailChangeRecord,
  PasskeyRecord,
  RecoveryRecord,
  RecoveryCodesRecord,
  TotpCode,
  TotpRecord,
} from './port/account-details.ts';
export type {
  ArtifactChange,
  ArtifactStore,
  ArtifactUnit,
  ArtifactWrite,
  CommitOutcome,
  Payload,
  UnitWrite,
  Version,
  VersionedArtifact,
} from './port/artifacts.ts';
export type { ArtifactKind } from './port/artifact-kinds.ts';
export type {
  AuditActor,
  AuditEvent,
  AuditFilter,
  AuditQuery,
  AuditStore,
  AuditTarget,
} from './port/audit.ts';
export type {
  ClientChange,
  ClientRecord,
  ClientSecret,
  ClientStore,
  RegistrationTerms,
} from './port/clients.ts';
export type { Count, CounterAddition, CounterStore } from './port/counters.ts';
export type {
  ClaimedJob,
  JobCounts,
  JobDraft,
  JobFilter,
  JobPage,
  JobRecord,
  JobSettlement,
  JobStore,
} from './port/jobs.ts';
export type { ListedKind, ListedPage, ListedRecord, ListedStore, Listing } from './port/listed.ts';
export type { StoreCounts } from './port/counts.ts';
export type { SigningKeyChange, SigningKeyRecord, SigningKeyStore } from './port/signing-keys.ts';
export type { DumpRecord, DumpType, LeftOut, Loaded, TransferStore } from './port/transfer.ts';

/** The `ListedRecord.handle` of a session, from its `uid`. */
export { sessionHandle } from './handle.ts';

/** The form in which email addresses are compared. */
export { emailKey } from './email-key.ts';

/** Created with the store, and lost when the store is emptied. */
export interface StoreIdentity {
  /** Different for every store. */
  readonly id: string;
  /** Epoch seconds. */
  readonly createdAt: number;
}

/** What a start reads before it writes. */
export interface StoreContent {
  signingKeys: SigningKeyRecord[];
  clients: Pick<ClientRecord, 'id' | 'metadata' | 'secrets' | 'source'>[];
  /** The artifact that the check asks for. */
  artifact?: Payload | undefined;
}

export interface Store {
  readonly artifacts: ArtifactStore;
  readonly listed: ListedStore;
  readonly accounts: AccountStore;
  readonly clients: ClientStore;
  readonly signingKeys: SigningKeyStore;
  readonly jobs: JobStore;
  readonly audit: AuditStore;
  readonly counters: CounterStore;
  /** Counters in memory: of all nodes together in Redis, of each process alone in SQLite. */
  readonly quotas: Pick<CounterStore, 'add'>;
  readonly transfer: TransferStore;
  /** Its values change with each operation. */
  readonly counts: Readonly<StoreCounts>;
  /** Resolves when the store can read and write. */
  ping(): Promise<void>;
  /** The current identity; undefined when the store was emptied or removed since it was opened. */
  identify(): Promise<StoreIdentity | undefined>;
  /** Removes up to `limit` expired records and returns how many it has removed; 0 in stores with native expiry. */
  sweep(limit: number): Promise<number>;
  close(): Promise<void>;
}
