import type { JobDraft, JobRecord } from './port/jobs.ts';

/** The record of a job that is enqueued now (epoch seconds), and due at once. */
export function newJob(draft: JobDraft, now: number): JobRecord {
  return { ...draft, state: 'waiting', createdAt: now, since: now, dueAt: now, attempts: 0 };
}
