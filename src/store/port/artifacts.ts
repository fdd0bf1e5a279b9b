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

/**
 * Opaque mark of the state of an artifact: two reads have the same version only if nothing wrote, consumed or ended the artifact between
 * them. An absent artifact has a version, too.
 */
export type Version = string;

/** An artifact and its version. */
export interface VersionedArtifact {
  /** As `find` returns it; undefined when the artifact is absent. */
  payload: Payload | undefined;
  version: Version;
}

/** One write of a unit. */
export interface UnitWrite {
  kind: ArtifactKind;
  id: string;
  write: ArtifactWrite;
  /** Write only while the artifact has this version. Absent: create or replace it, as `upsert`. */
  version?: Version | undefined;
}

/** An artifact as the request has read it. */
export interface UnchangedArtifact {
  kind: ArtifactKind;
  id: string;
  version: Version;
}

/** Everything that one request decided, written in one step. */
export interface ArtifactUnit {
  /** The one-time artifact that the request redeems: present, not expired, not consumed. The answer is stored with its mark. */
  consume?:
    | {
        kind: ArtifactKind;
        id: string;
        /** `expiresAt`: epoch seconds. */
        answer?: { payload: Payload; expiresAt: number } | undefined;
      }
    | undefined;
  writes?: readonly UnitWrite[] | undefined;
  /** The artifacts that the request relied on and does not write: each still has this version. */
  unchanged?: readonly UnchangedArtifact[] | undefined;
  /** The accounts that the request relied on: each still exists, is not disabled, and has the same generation. */
  accounts?: readonly { id: string; generation: number }[] | undefined;
  /** The clients that the request relied on: each still exists with the same instance. */
  clients?: readonly { id: string; instance: string }[] | undefined;
}

/** The first of these that applies; only `committed` has written anything. */
export type CommitOutcome =
  | { outcome: 'committed' }
  /** The artifact to consume does not exist, has expired or was revoked. */
  | { outcome: 'absent' }
  /** Another request was first: when (epoch seconds), and its answer, as `findAnswer`. */
  | { outcome: 'consumed'; at: number; answer?: Payload | undefined }
  /** A grant of the writes was revoked. */
  | { outcome: 'revoked' }
  /** An account or a client has changed. */
  | { outcome: 'outdated' }
  /** An artifact has another version: read it again, merge, and commit again. */
  | { outcome: 'changed' };

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
  /**
   * The payload, with the member `consumed` (epoch seconds) when the artifact was consumed.
   * @param isAccepted false hides the artifact: its cost is that of an absent one, whether or not it was revoked
   */
  find(
    kind: ArtifactKind,
    id: string,
    isAccepted?: (payload: Payload) => boolean,
  ): Promise<Payload | undefined>;
  findByUid(kind: ArtifactKind, uid: string): Promise<Payload | undefined>;
  findByUserCode(kind: ArtifactKind, userCode: string): Promise<Payload | undefined>;
  /** As `find`, with the version. */
  read(kind: ArtifactKind, id: string): Promise<VersionedArtifact>;
  /** As `findByUid`, with the version; undefined when no artifact has this uid. */
  readByUid(kind: ArtifactKind, uid: string): Promise<VersionedArtifact | undefined>;
  /**
   * Writes everything that one request decided: all of it, or nothing. Accounts, clients, tombstones, versions and the artifact to consume
   * are compared in the step that writes, so a change that was acknowledged before the commit began is never missed. A change during the
   * commit either prevents it, or comes after it and ends what it has written.
   *
   * When it rejects with a StoreUnavailableError it may have been carried out, or in a store of several nodes in part: artifacts may exist
   * whose ids only this request knows. The consumption is the last step, so an artifact that is still unused can be redeemed again.
   */
  commit(unit: ArtifactUnit): Promise<CommitOutcome>;
  /** The answer that was stored with the mark of consumption, until it expires. It does not depend on the artifact. */
  findAnswer(kind: ArtifactKind, id: string): Promise<Payload | undefined>;
  /**
   * Compare-and-set: of all callers in all processes, exactly one gets `true` for a kind and id. `false` when the artifact is absent,
   * expired or already consumed. A consumed id stays consumed until it expires, even when the artifact is destroyed and written again.
   * The consumption of a `Session`, which ends it, enqueues its jobs (`Listing.jobs`).
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
  /** The number of an account's sessions that have not expired or been destroyed, or replaced by an artifact without account. */
  countSessions(accountId: string): Promise<number>;
  /**
   * Destroys all artifacts of an account and revokes its grants until `until` (epoch seconds). What was issued under a grant ends with it,
   * so an artifact must not outlive its `Grant`.
   */
  revokeAccount(accountId: string, until: number): Promise<void>;
}
