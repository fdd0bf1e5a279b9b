import { randomBytes } from 'node:crypto';
import { StoreUnavailableError } from '../errors.ts';
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
import type { Connection } from './connection/connection.ts';
import { keys } from './keys.ts';

const CLAIM = WRITES['claim of a job'];

/** Seconds after which the jobs of a change of an account are those of a process that was killed. */
const ABANDONED_AGE = 30;

/** Seconds that the outbox remembers which of these jobs it had. More than a job and its change can be apart. */
const MOVED_LIFETIME = 30 * 86_400;

/** Jobs that are read or written at once. */
const BATCH = 100;

/** In the order in which the scripts expect them. */
const KEYS = ['records', 'due', 'since', 'failed', 'created', 'counts'].map((part) => keys.jobs(part));
const [RECORDS = '', DUE = '', SINCE = '', , CREATED = '', COUNTS = ''] = KEYS;
const MOVED = keys.jobs('moved');

/**
 * The outbox, all in one slot of a cluster (`job-scripts.ts`). No script spans it and the slot of the accounts. So the change of an account
 * writes its jobs beside the account, and they are moved from there:
 *
 *     changeAccount ──▶ hash beside the accounts ──▶ outbox ──▶ removed from the hash
 *
 * After a crash between two of these steps, a look of any process at the outbox moves them. The outbox remembers the ids of those that it had,
 * so that none is moved again after it was executed.
 */
export class RedisJobs implements JobStore {
  readonly #redis: Connection;
  readonly #now: () => number;
  readonly #listeners: (() => void)[] = [];

  /** @param now epoch seconds */
  constructor(redis: Connection, now: () => number) {
    this.#redis = redis;
    this.#now = now;
  }

  async enqueue(jobs: readonly JobDraft[]): Promise<void> {
    await this.add(jobs);
    if (jobs.length > 0) this.announce();
  }

  /** Enqueues without a call of the listeners: for jobs of a session that has not ended yet. Runs operations of its own. */
  async add(jobs: readonly JobDraft[]): Promise<void> {
    for (let start = 0; start < jobs.length; start += BATCH) {
      const now = this.#now();
      const records = jobs.slice(start, start + BATCH).map((job) => JSON.stringify(newJob(job, now)));
      await this.#redis.operation(() => this.#redis.write(WRITES.job, 'enqueueJobs', KEYS, records));
    }
  }

  announce(): void {
    for (const listener of this.#listeners) listener();
  }

  nextDue(): Promise<number | undefined> {
    return this.#redis.operation(async () => {
      const [[id, score], left] = await this.#redis.command((client) =>
        Promise.all([client.zrange(DUE, '0', '0', 'WITHSCORES'), client.hvals(keys.accountJobs)]),
      );
      const latest = this.#now() - ABANDONED_AGE;
      const abandoned = left.map(decode).filter(({ createdAt }) => createdAt <= latest);
      if (abandoned.length === 0) return id === undefined ? undefined : Number(score);
      await this.#enqueue(abandoned);
      await this.#redis.send((client) => client.hdel(keys.accountJobs, ...idsOf(abandoned)));
      return Math.min(Number(score ?? Infinity), ...abandoned.map(({ dueAt }) => dueAt));
    });
  }

  /** After the change of the account. When it fails, `nextDue` moves them. */
  async takeFromAccounts(records: readonly JobRecord[]): Promise<void> {
    try {
      await this.#redis.operation(() => this.#enqueue(records));
      this.#redis.sendInBackground((client) => client.hdel(keys.accountJobs, ...idsOf(records)));
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
    this.announce();
  }

  async #enqueue(records: readonly JobRecord[]): Promise<void> {
    const texts = records.map((record) => JSON.stringify(record));
    const now = this.#now();
    await this.#redis.write(WRITES.job, 'moveJobs', [...KEYS, MOVED], [now, now - MOVED_LIFETIME, ...texts]);
  }

  claim({ limit, until }: { limit: number; until: number }): Promise<ClaimedJob[]> {
    return this.#redis.operation(async () => {
      const claims = Array.from({ length: limit }, () => randomBytes(12).toString('base64url'));
      const reply = await this.#redis.write(CLAIM, 'claimJobs', KEYS, [this.#now(), until, ...claims]);
      return texts(reply).map((text): ClaimedJob => JSON.parse(text));
    });
  }

  settle({ id, claim }: Pick<ClaimedJob, 'id' | 'claim'>, settlement: JobSettlement): Promise<boolean> {
    const { outcome } = settlement;
    const dueAt = outcome === 'later' ? settlement.dueAt : this.#now();
    const reason = outcome === 'done' ? '' : settlement.reason;
    return this.#redis.operation(
      async () =>
        (await this.#redis.write(CLAIM, 'settleJob', KEYS, [id, claim, outcome, dueAt, reason])) === 1,
    );
  }

  async list(
    filter: JobFilter,
    { after, limit }: { after?: string | undefined; limit: number },
  ): Promise<JobPage> {
    const jobs: JobRecord[] = [];
    for await (const job of this.#inOrder(after)) {
      if (!matches(job, filter)) continue;
      if (jobs.length === limit) {
        const last = jobs.at(-1);
        return { jobs, next: last && `${last.createdAt}.${last.id}` };
      }
      jobs.push(job);
    }
    return { jobs, next: undefined };
  }

  /** Every job in the order of creation. */
  async *#inOrder(after: string | undefined): AsyncGenerator<JobRecord> {
    const [from, ...rest] = (after ?? '').split('.');
    const id = rest.join('.');
    for (let offset = 0; ; offset += BATCH) {
      const records = await this.#redis.operation(async () => {
        const range = ['+inf', 'BYSCORE', 'LIMIT', offset, BATCH] as const;
        const ids = await this.#redis.command((client) => client.zrange(CREATED, from || '-inf', ...range));
        if (ids.length === 0) return [];
        const found = await this.#redis.command((client) => client.hmget(RECORDS, ...ids));
        return found.map((text) => (text === null ? undefined : decode(text)));
      });
      for (const job of records) if (job && (job.createdAt > Number(from || -1) || job.id > id)) yield job;
      if (records.length < BATCH) return;
    }
  }

  retry(id: string): Promise<'retried' | 'claimed' | 'absent'> {
    return this.#redis.operation(async () => {
      const reply = await this.#redis.write(WRITES.job, 'retryJob', KEYS, [id, this.#now()]);
      if (reply === 'retried') this.announce();
      return reply as 'retried' | 'claimed' | 'absent';
    });
  }

  cancel(id: string): Promise<JobRecord | undefined> {
    return this.#redis.operation(async () => {
      const reply = await this.#redis.write(WRITES.job, 'cancelJob', KEYS, [id]);
      return typeof reply === 'string' ? decode(reply) : undefined;
    });
  }

  /** Not bounded in time. */
  async removeOfClient(clientId: string): Promise<void> {
    const ids: string[] = [];
    for await (const job of this.#inOrder(undefined)) if (job.clientId === clientId) ids.push(job.id);
    for (let start = 0; start < ids.length; start += BATCH) {
      await this.#redis.operation(() =>
        Promise.all(
          ids
            .slice(start, start + BATCH)
            .map((id) => this.#redis.write(WRITES.job, 'cancelJob', KEYS, [id, clientId])),
        ),
      );
    }
  }

  counts(): Promise<JobCounts> {
    return this.#redis.operation(async () => {
      const [counts, [, oldest]] = await this.#redis.command((client) =>
        Promise.all([client.hgetall(COUNTS), client.zrange(SINCE, '0', '0', 'WITHSCORES')]),
      );
      const of = (state: JobRecord['state']) =>
        Object.fromEntries(
          Object.entries(counts).flatMap(([name, count]) =>
            name.startsWith(`${state} `) && Number(count) > 0
              ? [[name.slice(state.length + 1), Number(count)]]
              : [],
          ),
        );
      return {
        waiting: of('waiting'),
        failed: of('failed'),
        oldest: oldest === undefined ? undefined : Number(oldest),
      };
    });
  }

  prune({ failedBefore, keep, limit }: { failedBefore: number; keep: number; limit: number }) {
    return this.#redis.operation(async () => {
      const reply = await this.#redis.write(CLAIM, 'pruneJobs', KEYS, [failedBefore, keep, limit]);
      const [failed = 0, waiting = 0] = Array.isArray(reply) ? reply.map(Number) : [];
      return { failed, waiting };
    });
  }

  onEnqueue(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Every job, for a dump. One that is moved meanwhile may be there twice. */
  async *dump(): AsyncGenerator<JobRecord> {
    const left = await this.#redis.operation(() =>
      this.#redis.command((client) => client.hvals(keys.accountJobs)),
    );
    yield* left.map(decode);
    yield* this.#inOrder(undefined);
  }

  /** @returns false when there is a job with its id */
  load(job: JobRecord): Promise<boolean> {
    return this.#redis.operation(
      async () => (await this.#redis.write(WRITES.job, 'loadJob', KEYS, [JSON.stringify(job)])) === 1,
    );
  }
}

function idsOf(records: readonly JobRecord[]): string[] {
  return records.map(({ id }) => id);
}

function decode(text: string): JobRecord {
  const { claim: _, ...job } = JSON.parse(text) as JobRecord & { claim?: string };
  return job;
}

function matches(job: JobRecord, filter: JobFilter): boolean {
  const names = ['kind', 'state', 'accountId', 'clientId'] as const;
  return names.every((name) => filter[name] === undefined || filter[name] === job[name]);
}

function texts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}
