import type { JobRecord } from '../store.ts';

/** Conversion between jobs and their rows. */

export interface JobRow {
  id: string;
  kind: string;
  accountId: string | null;
  clientId: string | null;
  sealed: string;
  state: JobRecord['state'];
  createdAt: number;
  since: number;
  dueAt: number;
  attempts: number;
  reason: string | null;
}

export const JOB_COLUMNS = `id, kind, account_id AS accountId, client_id AS clientId, sealed, state, created_at AS createdAt, since,
  due_at AS dueAt, attempts, reason`;

export const INSERT_JOB = `
  INSERT INTO jobs (id, kind, account_id, client_id, sealed, state, created_at, since, due_at, attempts, reason)
  VALUES (:id, :kind, :accountId, :clientId, :sealed, :state, :createdAt, :since, :dueAt, :attempts, :reason)`;

export function toJobRow({ id, kind, sealed, state, createdAt, since, dueAt, attempts, ...job }: JobRecord) {
  const { accountId = null, clientId = null, reason = null } = job;
  return { id, kind, accountId, clientId, sealed, state, createdAt, since, dueAt, attempts, reason };
}

export function fromJobRow({ accountId, clientId, reason, ...row }: JobRow): JobRecord {
  const { id, kind, sealed, state, createdAt, since, dueAt, attempts } = row;
  return {
    id,
    kind,
    ...(accountId !== null && { accountId }),
    ...(clientId !== null && { clientId }),
    sealed,
    state,
    createdAt,
    since,
    dueAt,
    attempts,
    ...(reason !== null && { reason }),
  };
}
