import type { JobDraft, JobRecord } from './port/jobs.ts';

/** The record of a job that is enqueued now (epoch seconds). */
export function newJob({ dueAt, ...draft }: JobDraft, now: number): JobRecord {
  const since = Math.max(dueAt ?? now, now);
  return { ...draft, state: 'waiting', createdAt: now, since, dueAt: since, attempts: 0 };
}
