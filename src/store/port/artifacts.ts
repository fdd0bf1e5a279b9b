import type { ArtifactKind } from './artifact-kinds.ts';

/** A JSON object as oidc-provider's models produce it. */
export type Payload = Record<string, unknown>;

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

export type ArtifactChange = (current: Payload | undefined) => ArtifactWrite;

/** Codes, tokens, sessions, grants and interactions. */
export interface ArtifactStore {
  /**
   * Creates or replaces an artifact. Replacing keeps the mark of consumption.
   * @throws GrantRevokedError when `grantId` was revoked, however long ago within its tombstone's life
   */
  upsert(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<void>;
  /**
   * Writes an artifact from what is there, in one step: of several changes at the same time, none is lost.
   * @param change makes the artifact from the payload as `find` gives it; it may be called again when another write came in between
   * @throws GrantRevokedError as `upsert`, and whatever `change` throws, which changes nothing
   */
  update(kind: ArtifactKind, id: string, change: ArtifactChange): Promise<void>;
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
  /** How many sessions speak for an account; those that have expired or ended do not count. */
  countSessions(accountId: string): Promise<number>;
  /** Destroys everything that speaks for an account and revokes its grants until `until` (epoch seconds). */
  revokeAccount(accountId: string, until: number): Promise<void>;
}
