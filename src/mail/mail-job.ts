import type { Audit } from '../audit/audit.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { Job, JobKind, JobOutcome } from '../jobs/kind.ts';
import type { RenderedMail } from './rendered-mail.ts';

export const MAIL_JOB = 'mail';

/** Sealed in the store. */
export interface MailPayload extends RenderedMail {
  to: string;
  /** Epoch milliseconds: when it was enqueued. */
  at: number;
  /** Epoch seconds: what the mail has is void then. */
  expiresAt?: number | undefined;
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

/** Mails of the outbox. */
export function mailJobs({
  deliver,
  audit,
  clock,
}: {
  deliver: Deliver;
  audit: Pick<Audit, 'record'>;
  clock: Clock;
}): JobKind {
  return {
    kind: MAIL_JOB,
    async send({ id, payload, attempt }: Job): Promise<JobOutcome> {
      const { expiresAt, isDecoy, ...mail } = payload as MailPayload;
      if (isDecoy) return { outcome: 'dropped', reason: 'to no one' };
      if (expiresAt !== undefined && expiresAt <= nowInSeconds(clock))
        return { outcome: 'dropped', reason: 'its link or code has expired' };
      return await deliver({ ...mail, id }, attempt);
    },
    onEnd({ id, accountId, attempt }, { outcome, reason }) {
      const [mail] = id.split('.');
      const detail = { mail, job: id, attempts: attempt, ...(reason !== undefined && { reason }) };
      audit.record({ type: outcome === 'done' ? 'mail.sent' : 'mail.failed', accountId, detail });
    },
  };
}
