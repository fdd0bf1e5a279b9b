import { type Clock, nowInSeconds } from '../clock.ts';
import type { Gauges } from '../observability/instruments.ts';
import type { Logger } from '../observability/log.ts';
import type { JobCounts, JobStore } from '../store/store.ts';

/** What `/metrics` says of the outbox, and its bounds. Read now and then, because a scrape does not wait for the store. */

const INTERVAL_MS = 15_000;
/** Rounds without a look at an outbox that was empty. */
const EMPTY_ROUNDS = 4;

/** Seconds that a failed job can be listed and retried. */
const FAILED_RETENTION = 7 * 86_400;
/** Jobs of each state. */
const MAX_JOBS = 100_000;
const BATCH = 500;

const NO_JOBS: JobCounts = { waiting: {}, failed: {}, oldest: undefined };

export interface QueueFigures {
  readonly gauges: Gauges;
  /** Reads the figures and removes what is too old or too much. */
  refresh(): Promise<void>;
  stop(): void;
}

export function startQueueFigures({
  jobs,
  clock,
  log,
}: {
  jobs: Pick<JobStore, 'counts' | 'prune'>;
  clock: Clock;
  log: Logger;
}): QueueFigures {
  let counts = NO_JOBS;
  let round = 0;
  const refresh = async (): Promise<void> => {
    counts = await jobs.counts();
    if (isEmpty(counts)) return;
    const failedBefore = nowInSeconds(clock) - FAILED_RETENTION;
    const removed = await jobs.prune({ failedBefore, keep: MAX_JOBS, limit: BATCH });
    if (removed.waiting > 0)
      log.error({ jobs: removed.waiting }, 'the outbox is full: the oldest jobs are dropped');
  };
  const timer = setInterval(() => {
    round += 1;
    if (isEmpty(counts) && round % EMPTY_ROUNDS !== 0) return;
    refresh().catch((err: unknown) => log.warn({ err }, 'the outbox cannot be counted'));
  }, INTERVAL_MS);
  timer.unref();
  return {
    gauges: {
      jobs_waiting: { help: 'Jobs in the outbox, by kind.', label: 'kind', read: () => counts.waiting },
      jobs_failed: {
        help: 'Failed jobs that are kept to be retried, by kind.',
        label: 'kind',
        read: () => counts.failed,
      },
      jobs_oldest_age_seconds: {
        help: 'Age of the job that waits longest.',
        read: () => (counts.oldest === undefined ? 0 : Math.max(nowInSeconds(clock) - counts.oldest, 0)),
      },
    },
    refresh,
    stop: () => clearInterval(timer),
  };
}

function isEmpty({ waiting, failed }: JobCounts): boolean {
  return Object.keys(waiting).length + Object.keys(failed).length === 0;
}
