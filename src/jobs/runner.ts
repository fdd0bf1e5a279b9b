import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { Logger } from '../observability/log.ts';
import type { Instruments } from '../observability/instruments.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { ClaimedJob, JobSettlement, JobStore } from '../store/store.ts';
import { RETRY_PERIOD, retryDelay } from './backoff.ts';
import { openJob } from './draft.ts';
import type { JobKind, JobOutcome } from './kind.ts';
import { Pauses } from './pauses.ts';

/**
 * `jobs/` is the outbox: it executes the jobs of the store (`store/port/jobs.ts` draws their states), at least once, and tries each for a
 * day. It owns claims, concurrency, back-off and what `/metrics` says of it (`queue-figures.ts`). It does not own what a job does: that is
 * its kind, a part of a feature.
 *
 * Every process of every node has a runner. A claim makes one of them the sender of a job; it expires, so that the jobs of a process that
 * was killed are sent by another.
 */

/** Jobs that one process executes at once. */
const MAX_CONCURRENT = 16;

/** Between two looks at the outbox: of jobs of other processes, and of those that are due again. One indexed read. */
const POLL_INTERVAL_MS = 5000;

/** After the start, when the first requests are usually answered. */
const FIRST_LOOK_MS = 300;
/** Between a request that enqueues a job, and the job. */
const RESPONSE_FIRST_MS = 10;

/** Seconds that an attempt may take. */
const MAX_ATTEMPT_SECONDS = 15;

/** Seconds. Longer than an attempt, so that no second process begins one meanwhile. */
const CLAIM_LIFETIME = 2 * MAX_ATTEMPT_SECONDS;

export interface JobRunnerOptions {
  jobs: JobStore;
  /** The current ones: each key ring has its own. */
  kinds: () => readonly JobKind[];
  sealer: Pick<Sealer, 'open'>;
  clock: Clock;
  log: Logger;
  metrics: Pick<Instruments, 'job'>;
}

export interface JobRunner {
  /** Executes what is due, and resolves when nothing is. */
  sendDue(): Promise<void>;
  /** Takes no more jobs, and waits for the attempts under way. */
  stop(): Promise<void>;
}

export function startJobRunner(options: JobRunnerOptions): JobRunner {
  return new PollingRunner(options);
}

class PollingRunner implements JobRunner {
  readonly #options: JobRunnerOptions;
  /** Outside of the request that has enqueued a job, whose context the engine would use. */
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #active = new Set<Promise<void>>();
  readonly #pauses = new Pauses();
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #stopped = false;
  readonly #poll: NodeJS.Timeout;
  #wakeUp: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    options.jobs.onEnqueue(() => this.#lookSoon());
    this.#poll = setInterval(() => this.#look(), POLL_INTERVAL_MS).unref();
    this.#wakeUp = setTimeout(() => this.#look(), FIRST_LOOK_MS).unref();
  }

  async sendDue(): Promise<void> {
    this.#look();
    while (this.#looking !== undefined || this.#active.size > 0) {
      await this.#looking;
      await Promise.all(this.#active);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    clearTimeout(this.#wakeUp);
    clearTimeout(this.#soon);
    await this.#looking;
    await Promise.all(this.#active);
  }

  /** After the response to the request that has enqueued a job: what the job does would delay it, and so be told by it. */
  #lookSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#look();
    }, RESPONSE_FIRST_MS).unref();
  }

  #look(): void {
    if (this.#stopped) return;
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return;
    }
    this.#lookAgain = false;
    this.#looking = this.#outside(() => this.#startDue())
      .catch((err: unknown) => this.#options.log.warn({ err }, 'the outbox cannot be read: trying again'))
      .finally(() => {
        this.#looking = undefined;
        if (this.#lookAgain) this.#look();
      });
  }

  /** Claims as many jobs as there are free slots. The end of an attempt looks again. */
  async #startDue(): Promise<void> {
    const { jobs, clock } = this.#options;
    for (;;) {
      const limit = MAX_CONCURRENT - this.#active.size;
      if (limit === 0 || this.#stopped) return;
      const dueAt = await jobs.nextDue();
      const now = nowInSeconds(clock);
      if (dueAt === undefined) return;
      if (dueAt > now) {
        this.#wakeIn(dueAt - now);
        return;
      }
      for (const job of await jobs.claim({ limit, until: now + CLAIM_LIFETIME })) this.#start(job);
    }
  }

  #wakeIn(seconds: number): void {
    clearTimeout(this.#wakeUp);
    if (seconds * 1000 < POLL_INTERVAL_MS)
      this.#wakeUp = setTimeout(() => this.#look(), seconds * 1000).unref();
  }

  #start(job: ClaimedJob): void {
    const running = this.#execute(job)
      .catch((err: unknown) =>
        this.#options.log.warn({ err, job: job.id }, 'the end of a job was not stored'),
      )
      .finally(() => {
        this.#active.delete(running);
        this.#look();
      });
    this.#active.add(running);
  }

  async #execute(job: ClaimedJob): Promise<void> {
    const { jobs, clock, log, metrics } = this.#options;
    const target = `${job.kind} ${job.clientId}`;
    const outcome = this.#isPutOff(job, target) ? PUT_OFF : await this.#attempt(job);
    const settlement = settlementOf(job, outcome, nowInSeconds(clock));
    if (settlement.outcome === 'later' && job.clientId !== undefined)
      this.#pauses.begin(target, nowInSeconds(clock));
    // A job without an end in the store is executed again.
    const isCurrent = await jobs.settle(job, settlement);
    const result = settlement.outcome === 'done' ? outcome.outcome : settlement.outcome;
    const { id, kind, accountId, clientId, attempts: attempt, createdAt } = job;
    if (isCurrent) {
      metrics.job(kind, RESULTS[result]);
      if (result === 'done' || result === 'failed')
        this.#kindOf(job)?.onEnd?.({ id, accountId, clientId, attempt, createdAt }, settlement as JobEnd);
    }
    const facts = {
      job: id,
      kind,
      clientId,
      attempt,
      ...('reason' in outcome && { reason: outcome.reason }),
    };
    if (settlement.outcome === 'failed') log.warn(facts, 'a job has failed');
    else if (outcome.outcome === 'retry') log.info(facts, 'a job is tried again');
    else log.debug(facts, 'a job has ended');
  }

  async #attempt(job: ClaimedJob): Promise<JobOutcome> {
    const { sealer, log } = this.#options;
    const { id, accountId, clientId, attempts: attempt, createdAt } = job;
    const kind = this.#kindOf(job);
    if (kind === undefined) return { outcome: 'retry', reason: 'this version has no such kind of job' };
    try {
      const payload = openJob(sealer, job);
      return await kind.send({ id, accountId, clientId, payload, attempt, createdAt });
    } catch (err) {
      log.error({ err, job: id, kind: job.kind }, 'a job could not be executed');
      return { outcome: 'retry', reason: 'internal error: see the log' };
    }
  }

  #kindOf(job: ClaimedJob): JobKind | undefined {
    return this.#options.kinds().find(({ kind }) => kind === job.kind);
  }

  /** A job that would be given up now is attempted: no job fails because of others alone. */
  #isPutOff(job: ClaimedJob, target: string): boolean {
    const now = nowInSeconds(this.#options.clock);
    return this.#pauses.isPaused(target, now) && settlementOf(job, PUT_OFF, now).outcome === 'later';
  }
}

const PUT_OFF = { outcome: 'retry', reason: 'another request to the client has failed' } as const;

type JobEnd = Exclude<JobSettlement, { outcome: 'later' }>;

const RESULTS = {
  done: 'sent',
  dropped: 'dropped',
  later: 'retried',
  failed: 'failed',
  retry: 'retried',
} as const;

function settlementOf(job: ClaimedJob, outcome: JobOutcome, now: number): JobSettlement {
  switch (outcome.outcome) {
    case 'done':
    case 'dropped':
      return { outcome: 'done' };
    case 'failed':
      return outcome;
    case 'retry': {
      const dueAt = now + retryDelay(job.attempts, outcome.after);
      const { reason } = outcome;
      return dueAt > job.since + RETRY_PERIOD
        ? { outcome: 'failed', reason: `given up: ${reason}` }
        : { outcome: 'later', dueAt, reason };
    }
  }
}
