import { randomBytes } from 'node:crypto';
import { newJob } from '../new-job.ts';
import { WRITES } from '../port/artifact-kinds.ts';
import type {
  ClaimedJob,
  JobCounts,
  JobDraft,
  JobFilter,
  JobPage,
  JobRecord,
  JobSettlement,
  JobStore,
} from '../store.ts';
import type { Connection } from './connection.ts';
import { fromJobRow, INSERT_JOB, JOB_COLUMNS, type JobRow, toJobRow } from './job-rows.ts';
import type { SessionJobs } from './session-jobs.ts';

const CLAIM = WRITES['claim of a job'];

/** The outbox: one table. Transactions of SQLite run one at a time over all processes, so a claim is an update. */
export class SqliteJobs implements JobStore {
  readonly #connection: Connection;
  readonly #sessionJobs: SessionJobs;
  readonly #now: () => number;
  #sql: ReturnType<typeof prepareStatements> | undefined;

  /** @param now epoch seconds */
  constructor(connection: Connection, sessionJobs: SessionJobs, now: () => number) {
    this.#connection = connection;
    this.#sessionJobs = sessionJobs;
    this.#now = now;
  }

  async enqueue(jobs: readonly JobDraft[]): Promise<void> {
    await this.#connection.write(() => this.add(jobs), WRITES.job, 'known');
  }

  /** Within a transaction. */
  add(jobs: readonly JobDraft[]): void {
    const now = this.#now();
    for (const job of jobs) this.#statements.insert.run(toJobRow(newJob(job, now)));
    this.#sessionJobs.announce(jobs.length);
  }

  nextDue(): Promise<number | undefined> {
    return this.#connection.read(() => this.#statements.nextDue.get()?.dueAt);
  }

  claim({ limit, until }: { limit: number; until: number }): Promise<ClaimedJob[]> {
    const work = (): ClaimedJob[] => {
      const rows = this.#statements.due.all({ now: this.#now(), limit });
      return rows.map((row) => {
        const claim = randomBytes(12).toString('base64url');
        this.#statements.claim.run({ id: row.id, claim, until });
        return Object.assign(fromJobRow(row), { attempts: row.attempts + 1, dueAt: until, claim });
      });
    };
    return this.#connection.write(work, CLAIM, 'known');
  }

  settle({ id, claim }: Pick<ClaimedJob, 'id' | 'claim'>, settlement: JobSettlement): Promise<boolean> {
    const work = (): boolean => {
      const { done, later, failed } = this.#statements;
      switch (settlement.outcome) {
        case 'done':
          return done.run({ id, claim }) === 1;
        case 'later':
          return later.run({ id, claim, dueAt: settlement.dueAt, reason: settlement.reason }) === 1;
        case 'failed':
          return failed.run({ id, claim, now: this.#now(), reason: settlement.reason }) === 1;
      }
    };
    return this.#connection.write(work, CLAIM, 'known');
  }

  list(
    { kind, state, accountId, clientId }: JobFilter,
    { after, limit }: { after?: string | undefined; limit: number },
  ): Promise<JobPage> {
    return this.#connection.read(() => {
      const [createdAt = '-1', ...id] = (after ?? '').split('.');
      const rows = this.#statements.list.all({
        kind: kind ?? null,
        state: state ?? null,
        accountId: accountId ?? null,
        clientId: clientId ?? null,
        createdAt: Number(createdAt || -1) || -1,
        id: id.join('.'),
        limit: limit + 1,
      });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return { jobs: shown.map(fromJobRow), next: last && `${last.createdAt}.${last.id}` };
    });
  }

  retry(id: string): Promise<'retried' | 'claimed' | 'absent'> {
    return this.#connection.write(
      () => {
        const now = this.#now();
        const row = this.#statements.find.get({ id });
        if (row === undefined) return 'absent';
        if (this.#statements.retry.run({ id, now }) === 0) return 'claimed';
        this.#sessionJobs.announce(1);
        return 'retried';
      },
      WRITES.job,
      'known',
    );
  }

  cancel(id: string): Promise<JobRecord | undefined> {
    return this.#connection.write(
      () => {
        const row = this.#statements.find.get({ id });
        this.#statements.remove.run({ id });
        return row && fromJobRow(row);
      },
      WRITES.job,
      'known',
    );
  }

  counts(): Promise<JobCounts> {
    return this.#connection.read(() => {
      const rows = this.#statements.counts.all();
      const of = (wanted: JobRecord['state']) =>
        Object.fromEntries(rows.flatMap(({ state, kind, n }) => (state === wanted ? [[kind, n]] : [])));
      const oldest = this.#statements.oldest.get()?.since ?? undefined;
      return { waiting: of('waiting'), failed: of('failed'), oldest };
    });
  }

  prune({ failedBefore, keep, limit }: { failedBefore: number; keep: number; limit: number }) {
    return this.#connection.write(
      () => {
        const { pruneFailed, pruneState } = this.#statements;
        const failed = pruneFailed.run({ failedBefore, limit });
        return {
          failed: failed + pruneState.run({ state: 'failed', keep, limit }),
          waiting: pruneState.run({ state: 'waiting', keep, limit }),
        };
      },
      CLAIM,
      'known',
    );
  }

  onEnqueue(listener: () => void): void {
    this.#sessionJobs.onEnqueue(listener);
  }

  get #statements(): ReturnType<typeof prepareStatements> {
    return (this.#sql ??= prepareStatements(this.#connection));
  }
}

function prepareStatements(connection: Connection) {
  return {
    insert: connection.prepare(`${INSERT_JOB} ON CONFLICT DO NOTHING`),

    nextDue: connection.prepare<{ dueAt: number }>(
      `SELECT due_at AS dueAt FROM jobs WHERE state = 'waiting' ORDER BY due_at LIMIT 1`,
    ),
    due: connection.prepare<JobRow>(`
      SELECT ${JOB_COLUMNS} FROM jobs WHERE state = 'waiting' AND due_at <= :now ORDER BY due_at LIMIT :limit`),
    claim: connection.prepare(
      'UPDATE jobs SET claim = :claim, due_at = :until, attempts = attempts + 1 WHERE id = :id',
    ),

    done: connection.prepare('DELETE FROM jobs WHERE id = :id AND claim = :claim'),
    later: connection.prepare(
      'UPDATE jobs SET claim = NULL, due_at = :dueAt, reason = :reason WHERE id = :id AND claim = :claim',
    ),
    failed: connection.prepare(`
      UPDATE jobs SET claim = NULL, state = 'failed', due_at = :now, reason = :reason WHERE id = :id AND claim = :claim`),

    list: connection.prepare<JobRow>(`
      SELECT ${JOB_COLUMNS} FROM jobs
      WHERE (created_at, id) > (:createdAt, :id) AND (:kind IS NULL OR kind = :kind) AND (:state IS NULL OR state = :state)
        AND (:accountId IS NULL OR account_id = :accountId) AND (:clientId IS NULL OR client_id = :clientId)
      ORDER BY created_at, id LIMIT :limit`),
    find: connection.prepare<JobRow>(`SELECT ${JOB_COLUMNS} FROM jobs WHERE id = :id`),

    retry: connection.prepare(`
      UPDATE jobs SET state = 'waiting', since = :now, due_at = :now, attempts = 0, claim = NULL
      WHERE id = :id AND (claim IS NULL OR due_at <= :now)`),
    remove: connection.prepare('DELETE FROM jobs WHERE id = :id'),

    counts: connection.prepare<{ kind: string; state: JobRecord['state']; n: number }>(
      'SELECT kind, state, count(*) AS n FROM jobs GROUP BY kind, state',
    ),
    oldest: connection.prepare<{ since: number | null }>(
      `SELECT min(since) AS since FROM jobs WHERE state = 'waiting'`,
    ),

    pruneFailed: connection.prepare(`
      DELETE FROM jobs WHERE id IN
        (SELECT id FROM jobs WHERE state = 'failed' AND due_at < :failedBefore ORDER BY due_at LIMIT :limit)`),
    // A claimed job is due later, so it is not among the first to go.
    pruneState: connection.prepare(`
      DELETE FROM jobs WHERE id IN (SELECT id FROM
        (SELECT id, due_at FROM jobs WHERE state = :state ORDER BY due_at DESC LIMIT -1 OFFSET :keep)
        ORDER BY due_at LIMIT :limit)`),
  };
}
