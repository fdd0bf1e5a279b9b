import type { ArtifactKind } from './artifact-kinds.ts';
import type { JobDraft } from './jobs.ts';

/** Kinds of artifacts that can be listed by account. */
export type ListedKind = Extract<ArtifactKind, 'Consent' | 'Session'>;

/** What a list shows of an artifact. It is stored in plain text beside the sealed payload, so it has no secret and no id. */
export interface Listing {
  facts: Readonly<Record<string, unknown>>;
  /** Of a session: the id of the grant of each client, by client id. An implementation stores digests of them. */
  grants?: Readonly<Record<string, string>> | undefined;
  /** Of a session: what its end enqueues, by request or by command. Its expiry enqueues nothing. */
  jobs?: readonly JobDraft[] | undefined;
}

export interface ListedRecord {
  /** Names the record in lists (`../handle.ts`). */
  handle: string;
  /** Epoch seconds. */
  expiresAt: number;
  /** Undefined for a record without a listing: versions before 0.2 write none. */
  facts: Readonly<Record<string, unknown>> | undefined;
}

export interface ListedPage {
  records: ListedRecord[];
  /** Starts the next page; undefined for the last one. */
  next: string | undefined;
}

/**
 * The sessions and consents of an account. `ArtifactStore` writes them; their `ArtifactWrite` has the account and the listing.
 */
export interface ListedStore {
  /**
   * The records of an account, the latest expiry first, without those that were consumed. A record that is written between two pages may
   * be missing or come twice.
   * @param page.after `next` of the page before
   */
  list(
    kind: ListedKind,
    accountId: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<ListedPage>;
  /**
   * Ends a session: marks it as consumed, destroys it, and revokes its grants until `until` (epoch seconds). A session without a listing
   * does not say which grants it has; then every grant of the account is revoked that is not listed by another session.
   *
   * A request that has read the session may write it again under another id, or create another grant in it. The caller rejects both by
   * the handle (`AccountRecord.revocations`), which it sets first: that enqueues the jobs of the session.
   * @returns whether there was one
   */
  endSession(accountId: string, handle: string, until: number): Promise<boolean>;
  /**
   * Revokes the grants of a client that sessions of the account list, until `until` (epoch seconds). Grants of sessions without a listing,
   * or that have ended, are not among them; the caller rejects them, as with `endSession`.
   */
  revokeClient(accountId: string, clientId: string, until: number): Promise<void>;
}
