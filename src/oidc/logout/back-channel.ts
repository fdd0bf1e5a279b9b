import { isSessionEnded } from '../../accounts/revocations.ts';
import { nowInSeconds } from '../../clock.ts';
import type { Job, JobKind, JobOutcome } from '../../jobs/kind.ts';
import { OutboundError } from '../../outbound/errors.ts';
import type { OutboundAnswer } from '../../outbound/outbound.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { sessionWithUid } from '../engine/session-moves.ts';
import type { Feature, FeatureContext, RouteContext } from '../feature.ts';
import { issueLogoutToken } from './logout-token.ts';
import { hasClient, LOGOUT_JOB, type LogoutJob } from './session-end-jobs.ts';

/**
 * Sign-out at the applications by the back channel (OpenID Connect Back-Channel Logout 1.0). The end of a session enqueues a job for each
 * client (`session-end-jobs.ts`); the outbox (`jobs/`) sends them. The engine's own feature would send inside the request, and once.
 */
export const backChannelLogout: Feature = {
  spec: ['OpenID Connect Back-Channel Logout 1.0'],
  clientMetadata: ['backchannel_logout_uri', 'backchannel_logout_session_required'],
  auditEvents: ['logout.sent', 'logout.failed'],
  configure: () => ({
    discovery: { backchannel_logout_supported: true, backchannel_logout_session_supported: true },
  }),
  jobs: (context) => [logoutJobs(context)],
};

/** Seconds in which the session of a job may still be about to end (`JobStore`): many times what an operation of the store takes. */
const ENDING_PERIOD = 60;
const ENDING_RETRY = 5;

function logoutJobs(context: RouteContext): JobKind {
  const { provider, outbound, audit } = context;
  return {
    kind: LOGOUT_JOB,
    async send(job) {
      const { accountId, clientId } = job;
      const payload = job.payload as LogoutJob;
      if (accountId === undefined || clientId === undefined)
        return { outcome: 'failed', reason: 'incomplete' };
      if (!(await hasEnded(context, { accountId, clientId, payload })))
        return sessionLives(job, nowInSeconds(context.clock));
      const client = await provider.Client.find(clientId);
      if (client === undefined) return { outcome: 'dropped', reason: 'the client was removed' };
      const { instance, backChannelLogoutUri: uri } = clientSettings(client);
      if (instance !== payload.instance) return { outcome: 'dropped', reason: 'the client was removed' };
      if (uri === undefined) return { outcome: 'dropped', reason: 'the client has no back channel any more' };
      const token = await issueLogoutToken(provider, client, { accountId, sid: payload.sid });
      try {
        const form = { logout_token: token };
        return outcomeOf(await outbound.post(uri, { purpose: 'backchannel_logout_uri', form }));
      } catch (error) {
        if (!(error instanceof OutboundError)) throw error;
        return { outcome: 'retry', reason: `no answer: ${error.failure}` };
      }
    },
    onEnd({ id, accountId, clientId, attempt }, { outcome, reason }) {
      const detail = { job: id, attempts: attempt, ...(reason !== undefined && { reason }) };
      audit.record({
        type: outcome === 'done' ? 'logout.sent' : 'logout.failed',
        accountId,
        clientId,
        detail,
      });
    },
  };
}

/** §2.8 has 200 and 400; whatever else is no answer of the endpoint itself may pass. */
function outcomeOf({ status, retryAfter }: OutboundAnswer): JobOutcome {
  if (status >= 200 && status < 300) return { outcome: 'done' };
  const reason = `status ${status}`;
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isFinal ? { outcome: 'failed', reason } : { outcome: 'retry', reason, after: retryAfter };
}

/**
 * A crash in the moment before the end of a session leaves a job without an end. The first look decides nothing: by the clock of this node, a job
 * that another one has just enqueued may be old.
 */
function sessionLives({ createdAt, attempt }: Job, now: number): JobOutcome {
  const reason = 'the session has not ended';
  return attempt === 1 || now - createdAt < ENDING_PERIOD
    ? { outcome: 'retry', reason, after: ENDING_RETRY }
    : { outcome: 'dropped', reason };
}

async function hasEnded(
  { findAccount, store: { artifacts } }: Pick<FeatureContext, 'findAccount' | 'store'>,
  {
    accountId,
    clientId,
    payload: { uid, sid, generation },
  }: { accountId: string; clientId: string; payload: LogoutJob },
): Promise<boolean> {
  const account = await findAccount(accountId);
  if (account === undefined || account.disabled || account.generation !== generation) return true;
  if (isSessionEnded(account, uid)) return true;
  const found = await artifacts.readByUid('Session', uid);
  const current = found && (await sessionWithUid(found, (id) => artifacts.read('Session', id)));
  if (current === undefined || current.payload.accountId !== accountId) return true;
  return !hasClient(current.payload, clientId, sid);
}
