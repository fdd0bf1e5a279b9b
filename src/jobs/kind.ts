/** One attempt of a job. */
export interface Job {
  /** As lists show it. */
  readonly id: string;
  readonly accountId: string | undefined;
  readonly clientId: string | undefined;
  /** As `draftJob` got it. */
  readonly payload: unknown;
  /** 1 for the first one since the job was created or retried by an operator. */
  readonly attempt: number;
  /** Epoch seconds. */
  readonly createdAt: number;
}

/** Reasons are stored and listed, so they contain no secret and no text of the other side. */
export type JobOutcome =
  | { outcome: 'done' }
  /** There is nothing to do any more. */
  | { outcome: 'dropped'; reason: string }
  /** Try again. `after`: seconds to wait at least. */
  | { outcome: 'retry'; reason: string; after?: number | undefined }
  /** Another attempt would fail, too. */
  | { outcome: 'failed'; reason: string };

/** What executes the jobs of one kind. It may run more than once for a job: after a crash, nothing says whether it had succeeded. */
export interface JobKind {
  readonly kind: string;
  /** An error counts as `retry`. It settles within 15 seconds (`runner.ts`). */
  send(job: Job): Promise<JobOutcome>;
  /** After a job was sent, or has failed for good. */
  onEnd?(job: Omit<Job, 'payload'>, end: { outcome: 'done' | 'failed'; reason?: string | undefined }): void;
}
