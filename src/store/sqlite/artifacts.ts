import { GrantRevokedError } from '../errors.ts';
import { ARTIFACT_KINDS, WRITES } from '../port/artifact-kinds.ts';
import { digest } from '../sealing.ts';
import type {
  ArtifactChange,
  ArtifactKind,
  ArtifactStore,
  ArtifactUnit,
  ArtifactWrite,
  CommitOutcome,
  Payload,
  VersionedArtifact,
} from '../store.ts';
import {
  ABSENT,
  encodeVersion,
  type Found,
  grantDigest,
  INDEXED_BY_ACCOUNT,
  openText,
  readCached,
  readPayload,
} from './artifact-rows.ts';
import type { Connection } from './connection.ts';
import type { CachedArtifact, SecondKey } from './record-cache.ts';
import type { SessionJobs } from './session-jobs.ts';
import { durabilityOf, prepareUnit, Units } from './unit.ts';

/**
 * Codes, tokens, sessions, grants and interactions. Every check and the write that depends on it are in one transaction;
 * `unit.ts` has the writes.
 *
 * The mark of consumption (`consumed`) and the tombstone of a grant (`revoked_grants`) are rows of their own:
 *
 *     absent ──upsert, update, create──▶ valid ──consume──▶ consumed (row, mark, perhaps an answer)
 *       ▲           or commit              │   or commit       │
 *       └──────────────────────────────────┴───────────────────┘
 *          destroy; expiry and sweep; destroyByGrant, revokeGrant, revokeAccount
 *
 * A mark survives the destruction of its artifact: an id that was consumed, destroyed and written again is consumed, until it expires.
 * While the tombstone of a grant has not expired, every write under the grant is a GrantRevokedError.
 */
export class SqliteArtifacts implements ArtifactStore {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #units: Units;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(connection: Connection, sessionJobs: SessionJobs, now: () => number) {
    this.#connection = connection;
    this.#sql = prepareStatements(connection);
    this.#units = new Units(connection, sessionJobs);
    this.#now = now;
  }

  async upsert(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<void> {
    requireValidGrant(await this.commit({ writes: [{ kind, id, write }] }));
  }

  async update(kind: ArtifactKind, id: string, change: ArtifactChange): Promise<void> {
    const key = digest('artifact', kind, id);
    const work = (): void => {
      const now = this.#now();
      const row = this.#sql.find.get({ id: key, now });
      const write = change(row && readPayload(openText(kind, id, row), row.consumed));
      requireValidGrant(this.#units.run(prepareUnit({ writes: [{ kind, id, write }] }), now));
    };
    await this.#connection.write(work, ARTIFACT_KINDS[kind], 'known');
  }

  async create(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<boolean> {
    const outcome = await this.commit({ writes: [{ kind, id, write, version: ABSENT }] });
    requireValidGrant(outcome);
    return outcome.outcome === 'committed';
  }

  async commit(unit: ArtifactUnit): Promise<CommitOutcome> {
    const prepared = prepareUnit(unit);
    return this.#connection.write(() => this.#units.run(prepared, this.#now()), durabilityOf(unit), 'known');
  }

  async find(
    kind: ArtifactKind,
    id: string,
    isAccepted: (payload: Payload) => boolean = () => true,
  ): Promise<Payload | undefined> {
    const { payload } = await this.read(kind, id);
    return payload !== undefined && isAccepted(payload) ? payload : undefined;
  }

  read(kind: ArtifactKind, id: string): Promise<VersionedArtifact> {
    return this.#connection.read(() => this.#read(kind, id));
  }

  #read(kind: ArtifactKind, id: string): VersionedArtifact {
    const { records } = this.#connection;
    const now = this.#now();
    const cached = records.findArtifact(kind, id, now);
    if (cached) return readCached(cached);
    const row = this.#sql.find.get({ id: digest('artifact', kind, id), now });
    if (row === undefined) return { payload: undefined, version: ABSENT };
    const opened = open(kind, id, row);
    if (row.consumed === null) records.keepArtifact(kind, id, opened, now);
    return { payload: readPayload(opened.text, row.consumed), version: opened.version };
  }

  async findByUid(kind: ArtifactKind, uid: string): Promise<Payload | undefined> {
    return (await this.readByUid(kind, uid))?.payload;
  }

  readByUid(kind: ArtifactKind, uid: string): Promise<VersionedArtifact | undefined> {
    return this.#connection.read(() => this.#readBy({ purpose: 'uid', value: uid }, kind));
  }

  async findByUserCode(kind: ArtifactKind, userCode: string): Promise<Payload | undefined> {
    const key = { purpose: 'user code', value: userCode } as const;
    return (await this.#connection.read(() => this.#readBy(key, kind)))?.payload;
  }

  #readBy(key: SecondKey, kind: ArtifactKind): VersionedArtifact | undefined {
    const { records } = this.#connection;
    const now = this.#now();
    const cached = records.findBy(key, kind, now);
    if (cached) return readCached(cached);
    const row = this.#sql.findByAlias.get({ alias: digest(key.purpose, kind, key.value), now });
    if (row === undefined) return undefined;
    const id = openText(kind, key.value, { sealed: row.sealed_id });
    const opened = open(kind, id, row);
    if (row.consumed === null) records.keepFoundBy(key, kind, id, opened, now);
    return { payload: readPayload(opened.text, row.consumed), version: opened.version };
  }

  findAnswer(kind: ArtifactKind, id: string): Promise<Payload | undefined> {
    return this.#connection.read(() => this.#units.findAnswer(kind, id, this.#now()));
  }

  async consume(kind: ArtifactKind, id: string): Promise<boolean> {
    return (await this.commit({ consume: { kind, id } })).outcome === 'committed';
  }

  createOnce(kind: ArtifactKind, id: string, expiresAt: number): Promise<boolean> {
    const key = digest('once', kind, id);
    return this.#connection.write(
      () => this.#sql.createOnce.run({ id: key, expiresAt, now: this.#now() }) === 1,
      ARTIFACT_KINDS[kind],
      'known',
    );
  }

  async destroy(kind: ArtifactKind, id: string): Promise<void> {
    const key = digest('artifact', kind, id);
    const work = (): void => {
      this.#sql.destroy.run({ id: key });
      this.#connection.records.discardArtifact(kind, id);
    };
    await this.#connection.write(work, WRITES.destruction, 'known');
  }

  async destroyByGrant(kind: ArtifactKind, grantId: string): Promise<void> {
    const key = grantDigest(grantId);
    await this.#connection.write(
      () => this.#sql.destroyKindByGrant.run({ kind, grantId: key }),
      WRITES.destruction,
    );
  }

  async revokeGrant(grantId: string, until: number): Promise<void> {
    const key = grantDigest(grantId);
    await this.#connection.write(() => {
      this.#sql.revokeGrant.run({ grantId: key, until });
      this.#sql.destroyByGrant.run({ grantId: key });
    }, WRITES.revocation);
  }

  countSessions(accountId: string): Promise<number> {
    return this.#connection.read(
      () => this.#sql.countSessions.get({ accountId, now: this.#now() })?.sessions ?? 0,
    );
  }

  async revokeAccount(accountId: string, until: number): Promise<void> {
    await this.#connection.write(() => {
      this.#sql.revokeGrantsOfAccount.run({ accountId, until });
      this.#sql.destroyByAccount.run({ accountId });
    }, WRITES.revocation);
  }
}

function open(kind: ArtifactKind, id: string, row: Found): CachedArtifact {
  const version = encodeVersion(row.sealed, row.consumed);
  return { text: openText(kind, id, row), version, expiresAt: row.expiresAt };
}

/** @throws GrantRevokedError */
function requireValidGrant({ outcome }: CommitOutcome): void {
  if (outcome === 'revoked') throw new GrantRevokedError('the grant was revoked');
}

function prepareStatements(connection: Connection) {
  return {
    find: connection.prepare<Found>(`
      SELECT sealed, artifacts.expires_at AS expiresAt, at AS consumed
      FROM artifacts LEFT JOIN consumed ON consumed.id = artifacts.id AND consumed.expires_at > :now
      WHERE artifacts.id = :id AND artifacts.expires_at > :now`),

    countSessions: connection.prepare<{ sessions: number }>(`
      SELECT count(*) AS sessions
      FROM artifacts INDEXED BY artifacts_of_account
        LEFT JOIN consumed ON consumed.id = artifacts.id AND consumed.expires_at > :now
      WHERE account_id = :accountId AND ${INDEXED_BY_ACCOUNT} AND kind = 'Session' AND artifacts.expires_at > :now
        AND at IS NULL`),

    // A session that changes its id keeps its uid: find the newest one.
    findByAlias: connection.prepare<Found & { sealed_id: Uint8Array }>(`
      SELECT sealed, artifacts.expires_at AS expiresAt, at AS consumed, sealed_id
      FROM artifacts LEFT JOIN consumed ON consumed.id = artifacts.id AND consumed.expires_at > :now
      WHERE alias = :alias AND artifacts.expires_at > :now
      ORDER BY artifacts.rowid DESC LIMIT 1`),

    // An id that has already expired cannot be remembered, so no caller is the first.
    createOnce: connection.prepare(`
      INSERT INTO created_once (id, expires_at)
      SELECT :id, :expiresAt WHERE :expiresAt > :now
      ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at
      WHERE created_once.expires_at <= :now`),

    destroy: connection.prepare('DELETE FROM artifacts WHERE id = :id'),

    destroyKindByGrant: connection.prepare(
      'DELETE FROM artifacts WHERE grant_id = :grantId AND kind = :kind',
    ),

    destroyByGrant: connection.prepare('DELETE FROM artifacts WHERE grant_id = :grantId'),

    revokeGrant: connection.prepare(`
      INSERT INTO revoked_grants (id, expires_at) VALUES (:grantId, :until)
      ON CONFLICT (id) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`),

    revokeGrantsOfAccount: connection.prepare(`
      INSERT INTO revoked_grants (id, expires_at)
      SELECT grant_id, :until FROM artifacts INDEXED BY artifacts_of_account
      WHERE account_id = :accountId AND ${INDEXED_BY_ACCOUNT} AND grant_id IS NOT NULL
      ON CONFLICT (id) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`),

    destroyByAccount: connection.prepare(`
      DELETE FROM artifacts WHERE (account_id = :accountId AND ${INDEXED_BY_ACCOUNT}) OR grant_id IN (
        SELECT grant_id FROM artifacts INDEXED BY artifacts_of_account
        WHERE account_id = :accountId AND ${INDEXED_BY_ACCOUNT} AND grant_id IS NOT NULL)`),
  };
}
