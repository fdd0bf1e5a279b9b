import { ANSWER_ARTIFACTS, readAnswer, sealAnswer } from '../answer.ts';
import { ARTIFACT_KINDS, type Durability, WRITES } from '../port/artifact-kinds.ts';
import { digest } from '../sealing.ts';
import type { ArtifactKind, ArtifactUnit, CommitOutcome, Payload } from '../store.ts';
import { decodeVersion, type PreparedWrite, prepareWrite } from './artifact-rows.ts';
import type { Connection } from './connection.ts';
import type { Statement, Value } from './driver.ts';
import type { SessionJobs } from './session-jobs.ts';

/**
 * Units of work: everything that one request decided, inside one transaction.
 *
 * A transaction is shared by the writes of several requests (`write-queue.ts`), so a unit that is refused must leave nothing and must not
 * roll back the transaction. Therefore the first statement of a unit has all conditions of the whole unit: when it changes no row, nothing
 * was written and nothing else is run; when it changes a row, every other statement is unconditional. Only a refused unit reads, to find
 * out why.
 */
export class Units {
  readonly #connection: Connection;
  readonly #sessionJobs: SessionJobs;
  readonly #sql: ReturnType<typeof prepareStatements>;
  /** First statements by the shape of their units, of which there are few. */
  readonly #first = {
    consume: new Map<string, Statement<never>>(),
    insert: new Map<string, Statement<never>>(),
  };

  constructor(connection: Connection, sessionJobs: SessionJobs) {
    this.#connection = connection;
    this.#sessionJobs = sessionJobs;
    this.#sql = prepareStatements(connection);
  }

  /**
   * Runs a unit inside a transaction.
   * @param now epoch seconds
   */
  run(unit: PreparedUnit, now: number): CommitOutcome {
    const { consume, writes, guards } = unit;
    const [first, ...others] = writes;
    if (consume) {
      if (this.#prepare('consume', guards).run({ consumedId: consume.digest, now, ...guards.values }) === 0)
        return this.#explain(unit, now);
      this.#connection.records.discardArtifact(consume.kind, consume.id);
      if (consume.kind === 'Session') this.#sessionJobs.enqueueOf(consume.digest);
      if (consume.answer) this.#sql.answer.run({ id: consume.digest, ...consume.answer });
      for (const write of writes) this.#replace(write, now);
    } else if (first) {
      if (this.#prepare('insert', guards).run({ ...first.row, now, ...guards.values }) === 0)
        return this.#explain(unit, now);
      this.#afterWrite(first, now);
      for (const write of others) this.#replace(write, now);
    } else if (guards.shape.some((count) => count > 0)) return this.#explain(unit, now);
    return COMMITTED;
  }

  /** The answer under the mark, or in the artifact of Signet 0.1. */
  findAnswer(kind: ArtifactKind, id: string, now: number): Payload | undefined {
    const answerKind = ANSWER_ARTIFACTS[kind];
    const row = this.#sql.findAnswer.get({
      id: digest('artifact', kind, id),
      artifactId: answerKind === undefined ? null : digest('artifact', answerKind, id),
      now,
    });
    return row && readAnswer(kind, id, row.sealed);
  }

  #replace(write: PreparedWrite, now: number): void {
    this.#sql.upsert.run(write.row);
    this.#afterWrite(write, now);
  }

  #afterWrite({ kind, id, secondKey, row, cached }: PreparedWrite, now: number): void {
    const isMarked = this.#sql.prolongMark.run({ id: row.id, expiresAt: row.expiresAt, now }) > 0;
    const { records } = this.#connection;
    if (secondKey) records.discardSecondKey(secondKey, kind);
    if (cached && !isMarked) records.keepArtifact(kind, id, cached, now);
    else records.discardArtifact(kind, id);
  }

  #prepare(what: keyof typeof FIRST, { shape }: Guards): Statement<never> {
    const key = shape.join(' ');
    let statement = this.#first[what].get(key);
    if (statement === undefined) {
      const [start, end] = FIRST[what];
      statement = this.#connection.prepare(`${start} ${conditionsOf(shape)} ${end}`);
      this.#first[what].set(key, statement);
    }
    return statement;
  }

  /** The first reason, in the order of `CommitOutcome`. */
  #explain({ unit, consume, guards }: PreparedUnit, now: number): CommitOutcome {
    if (consume) {
      const { kind, id } = consume;
      const found = this.#sql.target.get({ id: consume.digest, now });
      if (!found) return { outcome: 'absent' };
      if (found.at !== null)
        return { outcome: 'consumed', at: found.at, answer: this.findAnswer(kind, id, now) };
    }
    if (guards.grants.some((grantId) => this.#sql.tombstone.get({ grantId, now })))
      return { outcome: 'revoked' };
    const { accounts = [], clients = [] } = unit;
    const areCurrent =
      accounts.every(({ id, generation }) => this.#sql.account.get({ id, generation })) &&
      clients.every(({ id, instance }) => this.#sql.client.get({ id, instance }));
    if (!areCurrent) return { outcome: 'outdated' };
    const areUnchanged = guards.versions.every(
      (version) => this.#sql.version.get({ ...version, now })?.isSame === 1,
    );
    return areUnchanged ? COMMITTED : { outcome: 'changed' };
  }
}

const COMMITTED: CommitOutcome = { outcome: 'committed' };

/** A unit, sealed and digested, so that its transaction only runs statements. */
export type PreparedUnit = ReturnType<typeof prepareUnit>;

export function prepareUnit(unit: ArtifactUnit) {
  const writes = (unit.writes ?? []).map(({ kind, id, write }) => prepareWrite(kind, id, write));
  return { unit, consume: prepareConsumption(unit), writes, guards: guardsOf(unit, writes) };
}

/** Whether its answer waits for the disk. */
export function durabilityOf({ consume, writes = [] }: ArtifactUnit): Durability {
  if (consume) return WRITES.consumption;
  return writes.some(({ kind }) => ARTIFACT_KINDS[kind] === 'durable') ? 'durable' : 'local';
}

function prepareConsumption({ consume }: ArtifactUnit) {
  if (!consume) return undefined;
  const { kind, id, answer } = consume;
  return {
    kind,
    id,
    digest: digest('artifact', kind, id),
    answer: answer && { sealed: sealAnswer(kind, id, answer.payload), expiresAt: answer.expiresAt },
  };
}

type Guards = ReturnType<typeof guardsOf>;

/** The conditions of a unit: how many of each sort, their values for `conditionsOf`, and again in parts for `#explain`. */
function guardsOf(unit: ArtifactUnit, prepared: readonly PreparedWrite[]) {
  const { writes = [], unchanged = [], accounts = [], clients = [] } = unit;
  const grants = distinct(prepared.flatMap(({ row }) => (row.grantId ? [row.grantId] : [])));
  const versions = writes.flatMap(({ version }, index) => {
    const row = prepared[index]?.row;
    return version === undefined || !row ? [] : [{ id: row.id, ...decodeVersion(version) }];
  });
  for (const { kind, id, version } of unchanged)
    versions.push({ id: digest('artifact', kind, id), ...decodeVersion(version) });
  const values: Record<string, Value> = {};
  for (const [n, grant] of grants.entries()) values[`grant${n}`] = grant;
  for (const [n, { id, generation }] of accounts.entries()) {
    values[`account${n}`] = id;
    values[`generation${n}`] = generation;
  }
  for (const [n, { id, instance }] of clients.entries()) {
    values[`client${n}`] = id;
    values[`instance${n}`] = instance;
  }
  for (const [n, { id, iv, at }] of versions.entries()) {
    values[`versioned${n}`] = id;
    values[`iv${n}`] = iv;
    values[`at${n}`] = at;
  }
  const shape = [grants.length, accounts.length, clients.length, versions.length] as const;
  return { shape, values, grants, versions };
}

/** The conditions of all units of a shape, as SQL. */
function conditionsOf(shape: Guards['shape']): string {
  const sorts = [hasNoTombstone, accountIsCurrent, clientIsCurrent, versionMatches];
  return sorts
    .flatMap((condition, sort) => Array.from({ length: shape[sort] ?? 0 }, (_, n) => ` AND ${condition(n)}`))
    .join('');
}

function distinct(digests: readonly Buffer[]): Buffer[] {
  return digests.filter((each, index) => digests.findIndex((other) => other.equals(each)) === index);
}

const hasNoTombstone = (n: number | '') =>
  `NOT EXISTS (SELECT 1 FROM revoked_grants WHERE id = :grant${n} AND expires_at > :now)`;

const accountIsCurrent = (n: number | '') =>
  `EXISTS (SELECT 1 FROM accounts WHERE id = :account${n} AND generation = :generation${n} AND disabled = 0)`;

const clientIsCurrent = (n: number | '') =>
  `EXISTS (SELECT 1 FROM clients WHERE id = :client${n} AND instance = :instance${n})`;

/** See `decodeVersion`: the payload has the same IV and the same mark, or there is none. */
const versionMatches = (n: number | '') =>
  `(SELECT substr(sealed, 1, 12) FROM artifacts WHERE id = :versioned${n} AND expires_at > :now) IS :iv${n}
   AND (:iv${n} IS NULL OR (SELECT at FROM consumed WHERE id = :versioned${n} AND expires_at > :now) IS :at${n})`;

/** Start and end of a first statement, between which its conditions stand. One changed row proves that this caller is the first. */
const CONSUME = [
  `INSERT INTO consumed (id, at, expires_at)
   SELECT id, :now, expires_at FROM artifacts WHERE id = :consumedId AND expires_at > :now`,
  // An expired mark does not count.
  `ON CONFLICT (id) DO UPDATE SET at = excluded.at, expires_at = excluded.expires_at WHERE consumed.expires_at <= :now`,
] as const;

const COLUMNS = 'id, kind, sealed, expires_at, grant_id, account_id, alias, sealed_id, listed';
const VALUES = ':id, :kind, :sealed, :expiresAt, :grantId, :accountId, :alias, :sealedId, :listed';
const REPLACE = `
  ON CONFLICT (id) DO UPDATE SET
    sealed = excluded.sealed, expires_at = excluded.expires_at, grant_id = excluded.grant_id,
    account_id = excluded.account_id, alias = excluded.alias, sealed_id = excluded.sealed_id, listed = excluded.listed`;

const INSERT = [
  `INSERT INTO artifacts (${COLUMNS}) SELECT ${VALUES} WHERE :now IS NOT NULL`,
  REPLACE,
] as const;

const FIRST = { consume: CONSUME, insert: INSERT } as const;

function prepareStatements(connection: Connection) {
  return {
    upsert: connection.prepare(`INSERT INTO artifacts (${COLUMNS}) VALUES (${VALUES}) ${REPLACE}`),

    // Changes a row when there is a mark.
    prolongMark: connection.prepare(`
      UPDATE consumed SET expires_at = max(expires_at, :expiresAt) WHERE id = :id AND expires_at > :now`),

    // An answer does not outlive its mark.
    answer: connection.prepare(`
      INSERT OR REPLACE INTO answers (id, sealed, expires_at)
      SELECT id, :sealed, min(:expiresAt, expires_at) FROM consumed WHERE id = :id`),

    target: connection.prepare<{ at: number | null }>(`
      SELECT at FROM artifacts LEFT JOIN consumed ON consumed.id = artifacts.id AND consumed.expires_at > :now
      WHERE artifacts.id = :id AND artifacts.expires_at > :now`),

    findAnswer: connection.prepare<{ sealed: Uint8Array }>(`
      SELECT sealed FROM answers WHERE id = :id AND expires_at > :now
      UNION ALL SELECT sealed FROM artifacts WHERE id = :artifactId AND expires_at > :now
      LIMIT 1`),

    tombstone: connection.prepare<object>(
      'SELECT 1 FROM revoked_grants WHERE id = :grantId AND expires_at > :now',
    ),
    account: connection.prepare<object>(
      'SELECT 1 FROM accounts WHERE id = :id AND generation = :generation AND disabled = 0',
    ),
    client: connection.prepare<object>('SELECT 1 FROM clients WHERE id = :id AND instance = :instance'),
    version: connection.prepare<{ isSame: number }>(
      `SELECT ${versionMatches('').replaceAll(':versioned', ':id')} AS isSame`,
    ),
  };
}
