import type { ArtifactKind } from './artifact-kinds.ts';
import type { Listing } from './listed.ts';

/** A JSON object as oidc-provider's models produce it. */
export type Payload = Record<string, unknown>;

export interface ArtifactWrite {
  payload: Payload;
  /** Epoch seconds. */
  expiresAt: number;
  /** The grant under which the artifact was issued; a `Grant` names itself. */
  grantId?: string | undefined;
  /** The account for which the artifact was issued; `revokeAccount` destroys it. */
  accountId?: string | undefined;
  /** Second key of a `Session`. */
  uid?: string | undefined;
  /** Second key of a `DeviceCode`. */
  userCode?: string | undefined;
  /** Of a `Session` or `Consent` with an account: what `ListedStore` lists. */
  listed?: Listing | undefined;
}

export type ArtifactChange = (current: Payload | undefined) => ArtifactWrite;

/** Codes, tokens, sessions, grants and interactions. */
export interface ArtifactStore {
  /**
   * Creates or replaces an artifact. Replacing keeps the mark of consumption.
   * @throws GrantRevokedError when `grantId` was revoked and its tombstone has not expired
   */
  upsert(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<void>;
  /**
   * Computes an artifact from the current one and writes it, in one atomic step: no concurrent change is lost.
   * @param change computes the artifact from the payload, in the form that `find` returns; it is called again when another write came first
   * @throws GrantRevokedError as `upsert`; also errors of `change`, after which nothing is changed
   */
  update(kind: ArtifactKind, id: string, change: ArtifactChange): Promise<void>;
  /**
   * Creates an artifact unless there is one: of all callers with an id that was never written before, exactly one gets `true`, and the
   * others find the artifact of that caller.
   * @throws GrantRevokedError as `upsert`
   */
  create(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<boolean>;
  /** The payload, with the member `consumed` (epoch seconds) when the artifact was consumed. */
  find(kind: ArtifactKind, id: string): Promise<Payload | undefined>;
  findByUid(kind: ArtifactKind, uid: string): Promise<Payload | undefined>;
  findByUserCode(kind: ArtifactKind, userCode: string): Promise<Payload | undefined>;
  /**
   * Compare-and-set: of all callers in all processes, exactly one gets `true` for a kind and id. `false` when the artifact is absent,
   * expired or already consumed. A consumed id stays consumed until it expires, even when the artifact is destroyed and written again.
   */
  consume(kind: ArtifactKind, id: string): Promise<boolean>;
  /** Replay detection: until `expiresAt`, `true` for the first caller with this id and `false` for every other. */
  createOnce(kind: ArtifactKind, id: string, expiresAt: number): Promise<boolean>;
  destroy(kind: ArtifactKind, id: string): Promise<void>;
  /** Destroys the artifacts of one kind that were issued under a grant. The grant itself stays valid. */
  destroyByGrant(kind: ArtifactKind, grantId: string): Promise<void>;
  /**
   * Revokes a grant for good: destroys all artifacts under it, of every kind, and leaves a tombstone until `until` (epoch seconds), which
   * makes every later write under the grant fail with a GrantRevokedError.
   */
  revokeGrant(grantId: string, until: number): Promise<void>;
  /** The number of an account's sessions that have not expired or been destroyed. */
  countSessions(accountId: string): Promise<number>;
  /** Destroys all artifacts of an account and revokes its grants until `until` (epoch seconds). */
  revokeAccount(accountId: string, until: number): Promise<void>;
}
