import { GrantRevokedError } from '../../errors.ts';
import { ARTIFACT_KINDS } from '../../port/artifact-kinds.ts';
import { sealingKey, unseal } from '../../sealing.ts';
import type {
  ArtifactChange,
  ArtifactKind,
  ArtifactStore,
  ArtifactUnit,
  ArtifactWrite,
  CommitOutcome,
  Payload,
  VersionedArtifact,
} from '../../store.ts';
import type { Connection } from '../connection/connection.ts';
import { keys, keysByDigest } from '../keys.ts';
import { lifetime } from '../lifetime.ts';
import { RevocationEpochs } from '../revocation/revocation-epochs.ts';
import type { ScriptArgument } from '../scripts.ts';
import {
  type ArtifactRecord,
  decodeRecord,
  type RawArtifact,
  versionArgument,
  versionOf,
} from './artifact-record.ts';
import {
  aliasDigest,
  type PreparedWrite,
  prepareWrite,
  readPayload,
  type RecordKeys,
  recordKeys,
  writeRecord,
} from './artifact-writer.ts';
import type { SessionJobs } from '../session-jobs.ts';
import { Units } from './unit.ts';

/**
 * Codes, tokens, sessions, grants and interactions.
 *
 * An artifact is a record (`artifact-record.ts`). The mark of its consumption is a key of its own in the same slot:
 *
 *     absent ──upsert, update, create──▶ valid ──consume──▶ consumed
 *       ▲                                  │                   │
 *       └──────────────────────────────────┴───────────────────┘
 *          destroy; expiry; destroyByGrant, revokeGrant, revokeAccount (a new epoch)
 *
 * The mark survives the destruction of its artifact: an id that was consumed, destroyed and written again is consumed, until it expires.
 *
 * Owns the records, marks, aliases and replay ids. Revocation is the business of `../revocation/`, which decides whether a record is
 * still valid; which writes wait for replicas is decided by `ARTIFACT_KINDS` (`../../port/artifact-kinds.ts`).
 */
export class RedisArtifacts implements ArtifactStore {
  readonly #redis: Connection;
  readonly #epochs: RevocationEpochs;
  readonly #units: Units;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(redis: Connection, sessionJobs: SessionJobs, now: () => number) {
    this.#redis = redis;
    this.#epochs = new RevocationEpochs(redis, now);
    this.#units = new Units(redis, { epochs: this.#epochs, sessionJobs }, now);
    this.#now = now;
  }

  upsert(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<void> {
    return this.#redis.operation(async () => {
      await this.#write('writeArtifact', prepareWrite(kind, id, write));
    });
  }

  update(kind: ArtifactKind, id: string, change: ArtifactChange): Promise<void> {
    return this.#redis.replacement(keys.artifact(kind, id), async () => {
      for (;;) {
        const { raw, record } = await this.#readRaw(kind, recordKeys(kind, id));
        const write = prepareWrite(kind, id, change(readPayload(kind, id, record)));
        const version = versionArgument(versionOf(raw, this.#now()));
        if ((await this.#write('writeArtifact', write, version)) !== 0) return;
      }
    });
  }

  create(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<boolean> {
    return this.#redis.operation(
      async () => (await this.#write('createArtifact', prepareWrite(kind, id, write))) === 1,
    );
  }

  commit(unit: ArtifactUnit): Promise<CommitOutcome> {
    return this.#redis.operation(() => this.#units.commit(unit));
  }

  /** @throws GrantRevokedError */
  async #write(
    script: 'writeArtifact' | 'createArtifact',
    write: PreparedWrite,
    ...options: ScriptArgument[]
  ): Promise<unknown> {
    const [epochs] = (await this.#epochs.join([write.issue])) ?? [];
    if (epochs === undefined) throw new GrantRevokedError('the grant was revoked');
    return (await writeRecord(this.#redis, script, write, epochs, this.#now(), 'replace', ...options)).reply;
  }

  find(
    kind: ArtifactKind,
    id: string,
    isAccepted: (payload: Payload) => boolean = () => true,
  ): Promise<Payload | undefined> {
    return this.#redis.operation(async () => {
      const { record } = await this.#readStored(recordKeys(kind, id));
      const payload = readPayload(kind, id, record);
      if (record === undefined || payload === undefined || !isAccepted(payload)) return undefined;
      return (await this.#epochs.areCurrent(kind, record.header)) ? payload : undefined;
    });
  }

  read(kind: ArtifactKind, id: string): Promise<VersionedArtifact> {
    return this.#redis.operation(() => this.#readVersioned(kind, id));
  }

  async #readVersioned(kind: ArtifactKind, id: string): Promise<VersionedArtifact> {
    const { raw, record } = await this.#readRaw(kind, recordKeys(kind, id));
    return { payload: readPayload(kind, id, record), version: versionOf(raw, this.#now()) };
  }

  async findByUid(kind: ArtifactKind, uid: string): Promise<Payload | undefined> {
    return (await this.readByUid(kind, uid))?.payload;
  }

  readByUid(kind: ArtifactKind, uid: string): Promise<VersionedArtifact | undefined> {
    return this.#readByAlias(kind, 'uid', uid);
  }

  async findByUserCode(kind: ArtifactKind, userCode: string): Promise<Payload | undefined> {
    return (await this.#readByAlias(kind, 'user code', userCode))?.payload;
  }

  #readByAlias(
    kind: ArtifactKind,
    purpose: 'uid' | 'user code',
    value: string,
  ): Promise<VersionedArtifact | undefined> {
    return this.#redis.operation(async () => {
      const alias = aliasDigest(kind, purpose, value);
      const sealedId = await this.#redis.command((client) => client.getBuffer(keys.alias(alias)));
      if (sealedId === null) return undefined;
      const id = unseal(sealingKey(kind, value), sealedId);
      const { raw, record } = await this.#readRaw(kind, recordKeys(kind, id));
      if (record?.header.alias !== alias) return undefined;
      return { payload: readPayload(kind, id, record), version: versionOf(raw, this.#now()) };
    });
  }

  findAnswer(kind: ArtifactKind, id: string): Promise<Payload | undefined> {
    return this.#redis.operation(async () => {
      const value = await this.#redis.command((client) => client.getBuffer(keys.answer(kind, id)));
      return this.#units.openAnswer(kind, id, value);
    });
  }

  /** Also what is stored, even of an artifact that has expired or was revoked. */
  async #readRaw(
    kind: ArtifactKind,
    recordAndMark: RecordKeys,
  ): Promise<{ raw: RawArtifact; record: ArtifactRecord | undefined }> {
    const { raw, record } = await this.#readStored(recordAndMark);
    const isCurrent = record !== undefined && (await this.#epochs.areCurrent(kind, record.header));
    return { raw, record: isCurrent ? record : undefined };
  }

  /** Also a record that was revoked. */
  async #readStored(
    recordAndMark: RecordKeys,
  ): Promise<{ raw: RawArtifact; record: ArtifactRecord | undefined }> {
    const [record, mark] = await this.#redis.command((client) => client.mgetBuffer(...recordAndMark));
    return { raw: { record, mark }, record: decodeRecord(record, mark, this.#now()) };
  }

  async consume(kind: ArtifactKind, id: string): Promise<boolean> {
    return (await this.commit({ consume: { kind, id } })).outcome === 'committed';
  }

  createOnce(kind: ArtifactKind, id: string, expiresAt: number): Promise<boolean> {
    return this.#redis.operation(async () => {
      const now = this.#now();
      // An id that has already expired cannot be remembered, so no caller is the first.
      if (expiresAt <= now) return false;
      const args = [now, expiresAt, lifetime(expiresAt, now)];
      return (await this.#redis.write(ARTIFACT_KINDS[kind], 'createOnce', [keys.once(kind, id)], args)) === 1;
    });
  }

  destroy(kind: ArtifactKind, id: string): Promise<void> {
    return this.#redis.operation(async () => {
      await this.#redis.runDurably('destroyArtifact', [keys.artifact(kind, id)]);
    });
  }

  destroyByGrant(kind: ArtifactKind, grantId: string): Promise<void> {
    return this.#redis.operation(() => this.#epochs.destroyKind(kind, grantId));
  }

  revokeGrant(grantId: string, until: number): Promise<void> {
    return this.#redis.operation(() => this.#epochs.revokeGrant(grantId, until));
  }

  countSessions(accountId: string): Promise<number> {
    return this.#redis.operation(async () => {
      const digests = await this.#epochs.sessionsOf(accountId);
      const reads = await Promise.all(
        digests.map((id) =>
          this.#readRaw('Session', [
            keysByDigest.artifact('Session', id),
            keysByDigest.consumed('Session', id),
          ]),
        ),
      );
      return reads.filter(
        ({ record }) => record?.header.account !== undefined && record.consumed === undefined,
      ).length;
    });
  }

  revokeAccount(accountId: string, until: number): Promise<void> {
    return this.#redis.operation(() => this.#epochs.revokeAccount(accountId, until));
  }
}
