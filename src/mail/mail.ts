import { randomBytes } from 'node:crypto';
import type { Audit } from '../audit/audit.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import { mailAddress } from '../config/mail-address.ts';
import { draftJob } from '../jobs/draft.ts';
import type { MessageValues } from '../messages/messages.ts';
import type { Instruments } from '../observability/instruments.ts';
import type { Logger } from '../observability/log.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { Store } from '../store/store.ts';
import { MAIL_JOB, type MailPayload } from './mail-job.ts';
import type { MailLimits } from './mail-limits.ts';
import type { RenderMail } from './rendered-mail.ts';
import { cleanValues } from './values.ts';

/**
 * `mail/` sends mails to people. It owns addresses, limits (`mail-limits.ts`), the job of the outbox that sends a mail (`mail-job.ts`), and the
 * two ways out: SMTP (`smtp.ts`) and files (`mail-directory.ts`). It does not own the texts (`locales/`) and their layout (`pages/mail.ts`),
 * nor the reason for a mail: its caller names the mail and its values.
 */

export interface Mail {
  /** Without a mail server: what needs mail is not offered, and nothing is sent. */
  readonly isEnabled: boolean;
  /**
   * Enqueues a mail. Sends nothing to what is no address, and nothing over the limits.
   * @param name of its texts: `mail.<name>.subject`
   * @throws StoreUnavailableError
   */
  send(name: string, mail: MailRequest): Promise<void>;
  /** Tells a person what has happened to the account, at its verified address. @throws StoreUnavailableError */
  notice(account: MailAccount, name: string, values?: MessageValues, options?: NoticeOptions): Promise<void>;
}

export interface MailRequest {
  to: string;
  /** Whose limits count. */
  accountId?: string | undefined;
  /** BCP 47 tag; the nearest catalogue is used. */
  language?: string | undefined;
  values?: MessageValues | undefined;
  /** Address of the button. */
  url?: string | undefined;
  /** For the person to type. */
  code?: string | undefined;
  /** Seconds for which the link or code is valid: later, the mail is not sent any more. */
  lifetime?: number | undefined;
  /** Does the same work and sends nothing: so that the answer about an unknown account takes as long as that about a known one. */
  decoy?: boolean | undefined;
}

export interface MailAccount {
  readonly id: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface NoticeOptions {
  /** Instead of the verified address of the account. */
  to?: string | undefined;
  /** Address of the button; by default that of the account's own page. Null: there is no button. */
  url?: string | null | undefined;
}

export interface MailOptions {
  render: RenderMail;
  /** Where people look after their accounts. */
  accountUrl: string;
  limits: MailLimits;
  store: Pick<Store, 'jobs'>;
  sealer: Pick<Sealer, 'seal'>;
  audit: Pick<Audit, 'record'>;
  log: Pick<Logger, 'warn'>;
  /** Absent in a command. */
  metrics?: Pick<Instruments, 'limited'> | undefined;
  clock: Clock;
}

/** Without a mail server. */
export const NO_MAIL: Mail = {
  isEnabled: false,
  send: () => Promise.resolve(),
  notice: () => Promise.resolve(),
};

export function createMail(options: MailOptions): Mail {
  return new QueuedMail(options);
}

class QueuedMail implements Mail {
  readonly isEnabled = true;
  readonly #options: MailOptions;

  constructor(options: MailOptions) {
    this.#options = options;
  }

  send(name: string, mail: MailRequest): Promise<void> {
    return this.#send(name, mail);
  }

  async #send(
    name: string,
    {
      to,
      accountId,
      values = {},
      lifetime,
      decoy = false,
      ...content
    }: MailRequest & { opensAccount?: boolean },
  ) {
    const { render, limits, audit, log, metrics, clock } = this.#options;
    const address = mailAddress(to);
    const rendered = render(name, { ...content, values: cleanValues(values) });
    const admission = await limits.admit(name, address ?? to, accountId);
    if (admission !== 'admitted') metrics?.limited('mails');
    if (admission === 'first over the limit') {
      audit.record({ type: 'mail.limited', accountId, detail: { mail: name } });
      log.warn({ mail: name, accountId }, 'too many mails to one address or about one account: not sent');
    }
    const expiresAt = lifetime === undefined ? undefined : nowInSeconds(clock) + lifetime;
    const isSent = address !== undefined && !decoy && admission === 'admitted';
    await this.#enqueue(name, accountId, {
      ...rendered,
      to: address ?? '',
      at: clock(),
      expiresAt,
      isDecoy: !isSent,
    });
  }

  async notice(
    { id, claims }: MailAccount,
    name: string,
    values: MessageValues = {},
    { to, url }: NoticeOptions = {},
  ): Promise<void> {
    const address = to ?? (claims.email_verified === true ? claims.email : undefined);
    if (typeof address !== 'string') return;
    const language = typeof claims.locale === 'string' ? claims.locale : undefined;
    const link =
      url === undefined ? { url: this.#options.accountUrl, opensAccount: true } : { url: url ?? undefined };
    await this.#send(name, { to: address, accountId: id, language, values, ...link });
  }

  /** The id is the name and 64 random bits: lists show which mail a job is, and a mail program which mails are the same. */
  async #enqueue(name: string, accountId: string | undefined, payload: MailPayload): Promise<void> {
    const { store, sealer } = this.#options;
    const id = `${name}.${randomBytes(8).toString('hex')}`;
    await store.jobs.enqueue([draftJob(sealer, { id, kind: MAIL_JOB, accountId, payload })]);
  }
}
