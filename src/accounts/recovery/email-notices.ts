import { randomUUID } from 'node:crypto';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { draftJob } from '../../jobs/draft.ts';
import type { JobKind } from '../../jobs/kind.ts';
import type { Mail } from '../../mail/mail.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import type { EmailChangeRecord, Store } from '../../store/store.ts';
import { type Account, toAccount } from '../accounts.ts';
import { type Links, linkUrl } from '../links.ts';
import { UNDO_PATH } from './email-undo.ts';

/**
 * The mails about a change of the email address: the link in one of them is the only way back for its owner. A job is enqueued before the
 * change, and cancelled when both mails are in the outbox: a process that is killed in between leaves the job, which sends them.
 */
export interface EmailNotices {
  /** Before the change. @returns what sends the notices after it */
  prepare(change: Announced): Promise<{ send(account: Account): Promise<void>; cancel(): Promise<void> }>;
  readonly job: JobKind;
}

/** A change that is about to be made. */
export interface Announced {
  accountId: string;
  /** Before the change. */
  username: string;
  change: Pick<EmailChangeRecord, 'id' | 'until'>;
  /** The verified address before. */
  former: string | undefined;
  /** The new address. */
  address: string;
}

export interface EmailNoticesOptions {
  store: Pick<Store, 'accounts' | 'jobs'>;
  links: Links;
  mail: Pick<Mail, 'notice'>;
  sealer: Pick<Sealer, 'seal'>;
  issuer: string;
  clock: Clock;
}

const JOB = 'email_change';

/** Seconds in which a change is made, and its mails are enqueued, by a process that is not killed. */
const DELAY = 60;

export function createEmailNotices(options: EmailNoticesOptions): EmailNotices {
  const { store, links, mail, sealer, issuer, clock } = options;

  async function send(account: Account, announced: Announced): Promise<void> {
    const { username, change, former, address } = announced;
    if (former !== undefined) {
      const lifetime = Math.max(1, change.until - nowInSeconds(clock));
      const content = { account: account.id, change: change.id };
      const token = await links.create('email change undo', content, lifetime);
      const url = linkUrl(issuer, UNDO_PATH, token);
      await mail.notice(account, 'emailChanged', { address, username }, { to: former, url });
    }
    await mail.notice(account, 'emailConfirmed', { username }, { to: address });
  }

  return {
    async prepare(announced) {
      const { accountId } = announced;
      const dueAt = nowInSeconds(clock) + DELAY;
      const job = draftJob(sealer, { id: randomUUID(), kind: JOB, accountId, payload: announced, dueAt });
      await store.jobs.enqueue([job]);
      const cancel = async (): Promise<void> => void (await store.jobs.cancel(job.id));
      return {
        send: async (account) => {
          await send(account, announced);
          await cancel();
        },
        cancel,
      };
    },
    job: {
      kind: JOB,
      async send({ payload }) {
        const announced = payload as Announced;
        const record = await store.accounts.find(announced.accountId);
        const isMade = record?.details?.emailChanges?.some(({ id }) => id === announced.change.id);
        if (record === undefined || isMade !== true)
          return { outcome: 'dropped', reason: 'the address was not changed' };
        await send(toAccount(record), announced);
        return { outcome: 'done' };
      },
    },
  };
}
