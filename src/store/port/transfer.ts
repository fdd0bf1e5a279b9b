import type { AccountRecord } from './accounts.ts';
import type { ArtifactKind } from './artifact-kinds.ts';
import type { AuditEvent } from './audit.ts';
import type { ClientRecord } from './clients.ts';
import type { SigningKeyRecord } from './signing-keys.ts';

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
