import type { Sealer } from '../signing/sealing/sealer.ts';
import type { JobDraft, JobRecord } from '../store/store.ts';

export interface NewJob extends Omit<JobDraft, 'sealed'> {
  /** JSON. */
  payload: unknown;
}

/** A job for `JobStore.enqueue`, or for the listing of a session. */
export function draftJob(sealer: Pick<Sealer, 'seal'>, { payload, ...job }: NewJob): JobDraft {
  return { ...job, sealed: sealer.seal('job', job.id, Buffer.from(JSON.stringify(payload))) };
}

/** @throws SealingError */
export function openJob(sealer: Pick<Sealer, 'open'>, { id, sealed }: JobRecord): unknown {
  return JSON.parse(sealer.open('job', id, sealed).toString());
}
