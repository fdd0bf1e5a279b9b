/**
 * The outbox: work for later, above all messages to other servers. `jobs/` (the runner) executes it.
 *
 *     waiting ──claim──▶ claimed ──settle: done──▶ removed
 *       ▲  ▲                │ │ └──settle: failed──▶ failed ──prune──▶ removed
 *       │  └──settle: later─┘ │                        │
 *       │  └──claim expires───┘                        │
 *       └──────────────────────retry───────────────────┘
 */

/** A job that is not in the outbox yet. */
export interface JobDraft {
  /** Names the job in lists. It is public: with it, nothing can be read or done. */
  id: string;
  /** What executes it (`jobs/kind.ts`). */
  kind: string;
  accountId?: string | undefined;
  clientId?: string | undefined;
  /** The payload, sealed by `jobs/`; a store never sees what is in it. */
  sealed: string;
  /** When it is attempted first, in epoch seconds; by default at once. Its age and its retries count from then. */
  dueAt?: number | undefined;
}

export interface JobRecord extends JobDraft {
  /** A failed job is kept to be listed and retried. */
  state: 'waiting' | 'failed';
  createdAt: number;
  /** Start of the period in which the job is attempted: its creation, its first `dueAt`, or the last `retry`. */
  since: number;
  /** When it is attempted next; of a claimed job, when the claim expires; of a failed one, when it failed. */
  dueAt: number;
  /** Claims since `since`; of a claimed job, this one included. */
  attempts: number;
  /** Why the last attempt was no success; without secrets. */
  reason?: string | undefined;
}

export interface ClaimedJob extends JobRecord {
  /** Random; proves to `settle` that the claim is the current one. */
  claim: string;
}

/** How an attempt ended. */
export type JobSettlement =
  | { outcome: 'done' }
  /** Attempt again. `dueAt`: epoch seconds. */
  | { outcome: 'later'; dueAt: number; reason: string }
  | { outcome: 'failed'; reason: string };

/** Jobs that match every given member. */
export interface JobFilter {
  kind?: string | undefined;
  state?: JobRecord['state'] | undefined;
  accountId?: string | undefined;
  clientId?: string | undefined;
}

export interface JobPage {
  jobs: JobRecord[];
  /** Starts the next page; undefined for the last one. */
  next: string | undefined;
}

export interface JobCounts {
  /** Number of jobs by kind. */
  waiting: Readonly<Record<string, number>>;
  failed: Readonly<Record<string, number>>;
  /** `since` of the waiting job that waits longest. */
  oldest: number | undefined;
}

/**
 * Jobs. `AccountStore` and `ArtifactStore` enqueue those that the end of a session has (`Listing.jobs`) in the step that ends it. Where no
 * step can span both, they are enqueued before: a job is then in the outbox for a moment, and after a crash for good, while its session
 * still lives. So the sender of such a job first looks whether the session has ended.
 */
export interface JobStore {
  /** Adds jobs. One whose id is in the outbox already changes nothing. */
  enqueue(jobs: readonly JobDraft[]): Promise<void>;
  /** When the next job is due (epoch seconds), perhaps in the past; undefined without a waiting job. One read. */
  nextDue(): Promise<number | undefined>;
  /**
   * Takes jobs that are due, those that have waited longest first. Of all callers in all processes, exactly one gets a job, until it
   * settles it or the claim expires.
   * @param until when the claim expires (epoch seconds)
   */
  claim(of: { limit: number; until: number }): Promise<ClaimedJob[]>;
  /** @returns false when the claim is not the current one, or the job was removed; nothing is changed then */
  settle(job: Pick<ClaimedJob, 'id' | 'claim'>, settlement: JobSettlement): Promise<boolean>;
  /** In the order of their creation. A job that changes between two pages may be missing. @param page.after `next` of the page before */
  list(filter: JobFilter, page: { after?: string | undefined; limit: number }): Promise<JobPage>;
  /** Makes a waiting or failed job due now, as if it was new. A claimed job is left alone: it is being attempted. */
  retry(id: string): Promise<'retried' | 'claimed' | 'absent'>;
  /** Removes a job in any state. An attempt under way is not interrupted. */
  cancel(id: string): Promise<JobRecord | undefined>;
  counts(): Promise<JobCounts>;
  /**
   * Removes failed jobs that failed before `failedBefore` (epoch seconds), and all but the `keep` latest of each state; at most `limit` of
   * each in a call.
   * @returns how many of each state
   */
  prune(of: {
    failedBefore: number;
    keep: number;
    limit: number;
  }): Promise<Record<JobRecord['state'], number>>;
  /** Calls a function whenever this object has enqueued jobs. It is not called for other processes. */
  onEnqueue(listener: () => void): void;
}
