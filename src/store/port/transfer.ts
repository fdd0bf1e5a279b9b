import type { StoredListing } from '../listing.ts';
import type { AccountRecord } from './accounts.ts';
import type { ArtifactKind } from './artifact-kinds.ts';
import type { AuditEvent } from './audit.ts';
import type { ClientRecord } from './clients.ts';
import type { JobRecord } from './jobs.ts';
import type { SigningKeyRecord } from './signing-keys.ts';

/**
 * The content of a store, record by record, in a form that every store can load. Artifacts stay sealed; digests and sealed texts
 * (`sealing.ts`) are base64url. A dump yields the types in this order: marks and tombstones come after the artifacts they apply to, and
 * so do accounts. The answers that are stored with marks of consumption are not included: they end within seconds, before a load.
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
      /** Digest of the account, and its id where the store knows it. */
      account?: string | undefined;
      accountId?: string | undefined;
      /** Digest of the uid or user code, and the artifact's id sealed under it. */
      alias?: { id: string; sealedId: string } | undefined;
      /** What a list shows of it, and digests of the grants that end with it. */
      listed?: StoredListing | undefined;
    }
  /** `id`: digest of the artifact or replay id. The digest depends on the kind, which a store may not know any more. */
  | { type: 'consumption'; kind?: ArtifactKind | undefined; id: string; at: number; expiresAt: number }
  | { type: 'replay id'; kind?: ArtifactKind | undefined; id: string; expiresAt: number }
  /** `id`: digest of the grant. */
  | { type: 'tombstone'; id: string; expiresAt: number }
  | { type: 'account'; account: AccountRecord }
  | { type: 'client'; client: ClientRecord }
  | { type: 'signing key'; key: SigningKeyRecord }
  /** Without its claim. */
  | { type: 'job'; job: JobRecord }
  | { type: 'audit event'; event: AuditEvent };

export type DumpType = DumpRecord['type'];

/** Why a record of a dump was not loaded: it has expired, a tombstone of the dump ended it, or it was loaded before. */
export type LeftOut = 'expired' | 'ended' | 'repeated';

/** For each type, how many records the store has (counted in the store itself) and how many were left out. */
export type Loaded = Record<DumpType, Record<'stored' | LeftOut, number>>;

/** Dump and load of the whole store, for backups and for migration to another store. */
export interface TransferStore {
  /**
   * Yields all records that have not expired. The store may be in use: every write that was acknowledged before the first record was
   * requested is included. Not bounded in time.
   */
  dump(): AsyncIterable<DumpRecord>;
  /**
   * Loads the records of a dump into an empty store that is not in use. Not bounded in time.
   * @throws ConflictError before anything is written when the store is not empty
   */
  load(records: AsyncIterable<DumpRecord>): Promise<Loaded>;
}
