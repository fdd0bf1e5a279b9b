import { GrantRevokedError } from '../errors.ts';
import type { ArtifactChange, ArtifactKind, ArtifactStore, ArtifactWrite, Payload } from '../store.ts';
import type { Connection } from './connection.ts';
import { toStoredListing } from '../listing.ts';
import { digest, seal, sealingKey, unseal } from '../sealing.ts';

/**
 * Codes, tokens, sessions, grants and interactions. Every check and the write that depends on it are in one transaction.
 *
 * The mark of consumption (`consumed`) and the tombstone of a grant (`revoked_grants`) are rows of their own:
 *
 *     absent ──upsert, update, create──▶ valid ──consume──▶ consumed (row and mark)
 *       ▲                                  │                   │
 *       └──────────────────────────────────┴───────────────────┘
 *          destroy; expiry and sweep; destroyByGrant, revokeGrant, revokeAccount
 *
 * A mark survives the destruction of its artifact: an id that was consumed, destroyed and written again is consumed, until it expires.
 * While the tombstone of a grant has not expired, every write under the grant is a GrantRevokedError.
 */
export class SqliteArtifacts implements ArtifactStore {
  readonly #connection: Connection;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(connection: Connection, now: () => number) {
    this.#connection = connection;
    this.#sql = prepareStatements(connection);
    this.#now = now;
  }

  async upsert(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<void> {
    const row = artifactRow(kind, id, write);
    await this.#write(row, (now) => this.#replace(row, now));
  }

  async update(kind: ArtifactKind, id: string, change: ArtifactChange): Promise<void> {
    await this.#connection.write(() => {
      const now = this.#now();
      const row = artifactRow(kind, id, change(this.#find(kind, id)));
      this.#requireValidGrant(row, now);
      this.#replace(row, now);
    });
  }

  #replace(row: ArtifactRow, now: number): void {
    this.#sql.upsert.run(row);
    this.#sql.prolongMark.run({ id: row.id, expiresAt: row.expiresAt, now });
  }

  create(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<boolean> {
    const row = artifactRow(kind, id, write);
    return this.#write(row, (now) => this.#sql.create.run({ ...row, now }) === 1);
  }

  #write<T>(row: ArtifactRow, work: (now: number) => T): Promise<T> {
    return this.#connection.write(() => {
      const now = this.#now();
      this.#requireValidGrant(row, now);
      return work(now);
    });
  }

  #requireValidGrant({ grantId }: ArtifactRow, now: number): void {
    if (grantId && this.#sql.tombstone.get({ grantId, now })) {
      throw new GrantRevokedError('the grant was revoked');
    }
  }

  find(kind: ArtifactKind, id: string): Promise<Payload | undefined> {
    return this.#connection.read(() => this.#find(kind, id));
  }

  #find(kind: ArtifactKind, id: string): Payload | undefined {
    const row = this.#sql.find.get({ id: digest('artifact', kind, id), now: this.#now() });
    return row && readPayload(kind, id, row);
  }

  findByUid(kind: ArtifactKind, uid: string): Promise<Payload | undefined> {
    return this.#findByAlias(kind, 'uid', uid);
  }

  findByUserCode(kind: ArtifactKind, userCode: string): Promise<Payload | undefined> {
    return this.#findByAlias(kind, 'user code', userCode);
  }

  #findByAlias(kind: ArtifactKind, purpose: Alias, value: string): Promise<Payload | undefined> {
    return this.#connection.read(() => {
      const row = this.#sql.findByAlias.get({ alias: digest(purpose, kind, value), now: this.#now() });
      return row && readPayload(kind, unseal(sealingKey(kind, value), row.sealed_id), row);
    });
  }

  consume(kind: ArtifactKind, id: string): Promise<boolean> {
    const key = digest('artifact', kind, id);
    return this.#connection.write(() => this.#sql.consume.run({ id: key, now: this.#now() }) === 1);
  }

  createOnce(kind: ArtifactKind, id: string, expiresAt: number): Promise<boolean> {
    const key = digest('once', kind, id);
    return this.#connection.write(
      () => this.#sql.createOnce.run({ id: key, expiresAt, now: this.#now() }) === 1,
    );
  }

  async destroy(kind: ArtifactKind, id: string): Promise<void> {
    const key = digest('artifact', kind, id);
    await this.#connection.write(() => this.#sql.destroy.run({ id: key }));
  }

  async destroyByGrant(kind: ArtifactKind, grantId: string): Promise<void> {
    const key = grantDigest(grantId);
    await this.#connection.write(() => this.#sql.destroyKindByGrant.run({ kind, grantId: key }));
  }

  async revokeGrant(grantId: string, until: number): Promise<void> {
    const key = grantDigest(grantId);
    await this.#connection.write(() => {
      this.#sql.revokeGrant.run({ grantId: key, until });
      this.#sql.destroyByGrant.run({ grantId: key });
    });
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
    });
  }
}

type Alias = 'uid' | 'user code';

type ArtifactRow = ReturnType<typeof artifactRow>;

function artifactRow(kind: ArtifactKind, id: string, write: ArtifactWrite) {
  const grant = kind === 'Grant' ? id : write.grantId;
  return {
    id: digest('artifact', kind, id),
    kind,
    sealed: seal(sealingKey(kind, id), JSON.stringify(write.payload)),
    expiresAt: write.expiresAt,
    grantId: grant === undefined ? null : grantDigest(grant),
    accountId: write.accountId ?? null,
    listed: write.listed === undefined ? null : JSON.stringify(toStoredListing(write.listed)),
    ...aliasColumns(kind, id, write),
  };
}

interface Found {
  sealed: Uint8Array;
  /** Epoch seconds. */
  consumed: number | null;
}

function grantDigest(grantId: string): Buffer {
  return digest('grant', 'Grant', grantId);
}

function readPayload(kind: ArtifactKind, id: string, row: Found): Payload {
  const payload: Payload = JSON.parse(unseal(sealingKey(kind, id), row.sealed));
  return row.consumed === null ? payload : { ...payload, consumed: row.consumed };
}

/** The digest of the second key, and the id sealed under that key, so that a find by the second key can read the payload. */
function aliasColumns(kind: ArtifactKind, id: string, { uid, userCode }: ArtifactWrite) {
  if (uid !== undefined && userCode !== undefined)
    throw new TypeError('an artifact has one second key at most');
  const value = uid ?? userCode;
  if (value === undefined) return { alias: null, sealedId: null };
  const purpose: Alias = uid === undefined ? 'user code' : 'uid';
  return { alias: digest(purpose, kind, value), sealedId: seal(sealingKey(kind, value), id) };
}

const INSERT = `
  INSERT INTO artifacts (id, kind, sealed, expires_at, grant_id, account_id, alias, sealed_id, listed)
  VALUES (:id, :kind, :sealed, :expiresAt, :grantId, :accountId, :alias, :sealedId, :listed)
  ON CONFLICT (id) DO UPDATE SET
    sealed = excluded.sealed, expires_at = excluded.expires_at, grant_id = excluded.grant_id,
    account_id = excluded.account_id, alias = excluded.alias, sealed_id = excluded.sealed_id, listed = excluded.listed`;

function prepareStatements(connection: Connection) {
  return {
    find: connection.prepare<Found>(`
      SELECT sealed, at AS consumed
      FROM artifacts LEFT JOIN consumed ON consumed.id = artifacts.id AND consumed.expires_at > :now
      WHERE artifacts.id = :id AND artifacts.expires_at > :now`),

    countSessions: connection.prepare<{ sessions: number }>(`
      SELECT count(*) AS sessions
      FROM artifacts LEFT JOIN consumed ON consumed.id = artifacts.id AND consumed.expires_at > :now
      WHERE account_id = :accountId AND kind = 'Session' AND artifacts.expires_at > :now AND at IS NULL`),

    // A session that changes its id keeps its uid: find the newest one.
    findByAlias: connection.prepare<Found & { sealed_id: Uint8Array }>(`
      SELECT sealed, at AS consumed, sealed_id
      FROM artifacts LEFT JOIN consumed ON consumed.id = artifacts.id AND consumed.expires_at > :now
      WHERE alias = :alias AND artifacts.expires_at > :now
      ORDER BY artifacts.rowid DESC LIMIT 1`),

    upsert: connection.prepare(INSERT),
    create: connection.prepare(`${INSERT} WHERE artifacts.expires_at <= :now`),

    prolongMark: connection.prepare(`
      UPDATE consumed SET expires_at = :expiresAt
      WHERE id = :id AND expires_at > :now AND expires_at < :expiresAt`),

    // One changed row proves that this caller is the first. An expired mark does not count.
    consume: connection.prepare(`
      INSERT INTO consumed (id, at, expires_at)
      SELECT id, :now, expires_at FROM artifacts WHERE id = :id AND expires_at > :now
      ON CONFLICT (id) DO UPDATE SET at = excluded.at, expires_at = excluded.expires_at
      WHERE consumed.expires_at <= :now`),

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

    tombstone: connection.prepare<object>(
      'SELECT 1 FROM revoked_grants WHERE id = :grantId AND expires_at > :now',
    ),

    revokeGrant: connection.prepare(`
      INSERT INTO revoked_grants (id, expires_at) VALUES (:grantId, :until)
      ON CONFLICT (id) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`),

    revokeGrantsOfAccount: connection.prepare(`
      INSERT INTO revoked_grants (id, expires_at)
      SELECT DISTINCT grant_id, :until FROM artifacts WHERE account_id = :accountId AND grant_id IS NOT NULL
      ON CONFLICT (id) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`),

    // Also artifacts under the account's grants that do not name the account.
    destroyByAccount: connection.prepare(`
      DELETE FROM artifacts WHERE account_id = :accountId OR grant_id IN
        (SELECT grant_id FROM artifacts WHERE account_id = :accountId AND grant_id IS NOT NULL)`),
  };
}
