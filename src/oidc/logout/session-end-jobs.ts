import { hash } from 'node:crypto';
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { draftJob, type NewJob } from '../../jobs/draft.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import type { JobDraft, Payload } from '../../store/store.ts';
import { clientSettings } from '../engine/client-settings.ts';

/**
 * The logout tokens that the end of a session sends, as jobs in the listing of the session. Whatever ends the session (a sign-out, another
 * device, a command in a process that has no engine) enqueues them by the store alone, in the step that ends it.
 *
 * Which clients have a back channel is decided when the client uses the session: its entry among the authorizations is marked with the
 * instance of the client. So a session of other clients costs nothing, and the end of a session reads no client.
 */
export const LOGOUT_JOB = 'backchannel_logout';

/** What a job of this kind has in its payload. */
export interface LogoutJob {
  sid: string;
  /** Of the session, which has ended when the job is sent. */
  uid: string;
  generation: number | undefined;
  /** Of the client. */
  instance: string;
}

interface Authorization {
  sid?: string;
  backChannel?: string;
}

/**
 * Marks the client of a request in its session, before the session is written with the response. A client whose request is still
 * an interaction has learned nothing of the person, and does not get to know who was signed in.
 */
export function markBackChannel(
  { oidc }: Pick<KoaContextWithOIDC, 'oidc'>,
  session: { authorizations?: object | undefined },
): void {
  const client: Client | undefined = oidc.client;
  if (client === undefined) return;
  const { authorizations = {} } = session;
  if (!Object.hasOwn(authorizations, client.clientId)) return;
  const authorization = (authorizations as Record<string, Authorization>)[client.clientId];
  if (authorization === undefined) return;
  const { backChannelLogoutUri, instance } = clientSettings(client);
  if (backChannelLogoutUri === undefined) delete authorization.backChannel;
  else authorization.backChannel = instance;
}

/** @param payload of a session */
export type SessionEndJobs = (payload: Payload) => JobDraft[];

/** Jobs that are kept, to be written again with the next change of their session. */
const MAX_KEPT = 5000;

export function sessionEndJobs(sealer: Pick<Sealer, 'seal' | 'isOutdated'>): SessionEndJobs {
  const kept = new Map<string, JobDraft>();
  /** A session with many clients is written often, and sealing takes longer than everything else about a job. */
  const draft = (job: NewJob): JobDraft => {
    const content = JSON.stringify(job);
    const known = kept.get(content);
    if (known !== undefined && !sealer.isOutdated(known.sealed)) return known;
    const drafted = draftJob(sealer, job);
    kept.set(content, drafted);
    const [oldest] = kept.keys();
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    return drafted;
  };
  return ({ accountId, uid, generation, authorizations }) => {
    const entries = Object.entries((authorizations ?? {}) as Record<string, Authorization>);
    return entries.flatMap(([clientId, { sid, backChannel: instance }]) => {
      if (sid === undefined || instance === undefined) return [];
      const payload = { sid, uid, generation, instance } as LogoutJob;
      return [draft({ id: jobId(sid), kind: LOGOUT_JOB, accountId: accountId as string, clientId, payload })];
    });
  };
}

/**
 * For the clients that a request removes from a session that lives on: one that has asked for a sign-out, of a person who stays signed in. The
 * end of the session would not tell them any more.
 */
export function jobsOfRemoved(
  { base, payload }: { base?: Payload | undefined; payload?: Payload } = {},
  endJobs: SessionEndJobs,
): JobDraft[] {
  const { authorizations: before = {}, accountId } = base ?? {};
  const { authorizations: after } = payload ?? {};
  if (after === undefined || accountId !== payload?.accountId) return [];
  const removed = Object.entries(before as object).filter(([id]) => !Object.hasOwn(after as object, id));
  return removed.length > 0 ? endJobs({ ...base, authorizations: Object.fromEntries(removed) }) : [];
}

/** Whether a session still has the client that a logout token is for. */
export function hasClient({ authorizations }: Payload, clientId: string, sid: string): boolean {
  const all = (authorizations ?? {}) as Record<string, Authorization>;
  return Object.hasOwn(all, clientId) && all[clientId]?.sid === sid;
}

/** The same for each write of a session, so that each end of it enqueues the same job. */
function jobId(sid: string): string {
  return hash('sha256', `${LOGOUT_JOB}\0${sid}`, 'hex').slice(0, 16);
}
