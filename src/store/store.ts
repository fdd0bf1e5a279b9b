import type { AccountStore } from './port/accounts.ts';
import type { ArtifactStore } from './port/artifacts.ts';
import type { AuditStore } from './port/audit.ts';
import type { ClientStore } from './port/clients.ts';
import type { CounterStore } from './port/counters.ts';
import type { SigningKeyRecord, SigningKeyStore } from './port/signing-keys.ts';
import type { TransferStore } from './port/transfer.ts';

/**
 * The store port: everything Signet remembers, behind six small interfaces, and one that carries it all elsewhere.
 *
 * This file and `port/` own the contract and nothing else: no SQL, no Redis, no oidc-provider. `test/store/` runs one
 * suite against every implementation, with real concurrency; what is written there is what that suite proves.
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

export type { AccountChange, AccountRecord, AccountStore } from './port/accounts.ts';
export type {
  ArtifactChange,
  ArtifactStore,
  ArtifactWrite,
  Payload,
} from './port/artifacts.ts';
export type { ArtifactKind } from './port/artifact-kinds.ts';
export type { AuditEvent, AuditQuery, AuditStore } from './port/audit.ts';
export type { ClientChange, ClientRecord, ClientSecret, ClientStore } from './port/clients.ts';
export type { Count, CounterAddition, CounterStore } from './port/counters.ts';
export type { SigningKeyChange, SigningKeyRecord, SigningKeyStore } from './port/signing-keys.ts';
export type { DumpRecord, DumpType, LeftOut, Loaded, TransferStore } from './port/transfer.ts';

/** Made with the store, and gone when it is emptied. */
export interface StoreIdentity {
  /** Another one for every store. */
  readonly id: string;
  /** Epoch seconds. */
  readonly createdAt: number;
}

/** What a start looks at before it writes. */
export interface StoreContent {
  signingKeys: SigningKeyRecord[];
  /** Ids of clients that were added on the command line. */
  addedClients: string[];
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
  /** Which store this is now; undefined when it was emptied or removed since it was opened. */
  identify(): Promise<StoreIdentity | undefined>;
  /** Removes up to `limit` expired records; returns how many. Stores with native expiry return 0. */
  sweep(limit: number): Promise<number>;
  close(): Promise<void>;
}
