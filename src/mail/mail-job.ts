import type { Audit } from '../audit/audit.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { Job, JobKind, JobOutcome } from '../jobs/kind.ts';
import type { Instruments } from '../observability/instruments.ts';
import type { Logger } from '../observability/log.ts';
import type { MailLimit, MailLimits } from './mail-limits.ts';
import type { RenderedMail } from './rendered-mail.ts';

export const MAIL_JOB = 'mail';

/** Sealed in the store. */
export interface MailPayload extends RenderedMail {
  to: string;
  /** Epoch milliseconds: when it was enqueued. */
  at: number;
  /** Epoch seconds: what the mail has is void then. */
  expiresAt?: number | undefined;
  limit: MailLimit;
  /** Nothing is sent. */
  isDecoy: boolean;
}

/** A mail on its way out. */
export interface OutgoingMail extends RenderedMail {
  /** Of the job; that of the message follows from it, so that a mail that is sent twice can be recognized. */
  id: string;
  to: string;
  /** Epoch milliseconds. */
  at: number;
}

/** Hands a mail to a server, or writes it. @param attempt from 1 */
export type Deliver = (mail: OutgoingMail, attempt: number) => Promise<JobOutcome>;

export interface MailJobOptions {
  deliver: Deliver;
  limits: MailLimits;
  audit: Pick<Audit, 'record'>;
  log: Pick<Logger, 'warn'>;
  metrics?: Pick<Instruments, 'limited'> | undefined;
  clock: Clock;
}

/** Mails of the outbox. A mail is counted at its first attempt, so that a request takes the same time within the limits and over them. */
export function mailJobs(options: MailJobOptions): JobKind {
  const { deliver, audit, clock } = options;
  return {
    kind: MAIL_JOB,
    async send(job: Job): Promise<JobOutcome> {
      const { expiresAt, isDecoy, limit, ...mail } = job.payload as MailPayload;
      if (isDecoy) return { outcome: 'dropped', reason: 'to no one' };
      if (expiresAt !== undefined && expiresAt <= nowInSeconds(clock))
        return { outcome: 'dropped', reason: 'its link or code has expired' };
      if (job.attempt === 1 && !(await isAdmitted(job, { limit, address: mail.to }, options)))
        return { outcome: 'dropped', reason: 'over the limit' };
      return await deliver({ ...mail, id: job.id }, job.attempt);
    },
    onEnd({ id, accountId, attempt }, { outcome, reason }) {
      const [mail] = id.split('.');
      const detail = { mail, job: id, attempts: attempt, ...(reason !== undefined && { reason }) };
      audit.record({ type: outcome === 'done' ? 'mail.sent' : 'mail.failed', accountId, detail });
    },
  };
}

async function isAdmitted(
  { id, accountId }: Job,
  mail: { limit: MailLimit; address: string },
  { limits, audit, log, metrics }: MailJobOptions,
): Promise<boolean> {
  const [name = ''] = id.split('.');
  const admission = await limits.admit({ ...mail, name, accountId });
  if (admission === 'admitted') return true;
  metrics?.limited('mails');
  if (admission === 'first over the limit') {
    audit.record({ type: 'mail.limited', accountId, detail: { mail: name } });
    log.warn({ mail: name, accountId }, 'too many mails to one address or about one account: not sent');
  }
  return false;
}
