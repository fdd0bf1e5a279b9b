import { hash, randomBytes } from 'node:crypto';
import { type Clock, nowInSeconds } from '../clock.ts';
import { mailAddress } from '../config/mail-address.ts';
import { draftJob } from '../jobs/draft.ts';
import type { MessageValues } from '../messages/messages.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { JobDraft, Store } from '../store/store.ts';
import { MAIL_JOB, type MailPayload } from './mail-job.ts';
import type { MailLimit } from './mail-limits.ts';
import type { RenderMail } from './rendered-mail.ts';
import { cleanValues } from './values.ts';

/**
 * `mail/` sends mails to people. It owns addresses, the job of the outbox that sends a mail (`mail-job.ts`), its limits (`mail-limits.ts`), and the
 * two ways out: SMTP (`smtp.ts`) and files (`mail-directory.ts`). It does not own the texts (`locales/`) and their layout (`pages/mail.ts`),
 * nor the reason for a mail: its caller names the mail and its values.
 */

export interface Mail {
  /** Without a mail server: what needs mail is not offered, and nothing is sent. */
  readonly isEnabled: boolean;
  /**
   * Enqueues a mail. Nothing is sent to what is no address, and nothing over the limits.
   * @param name of its texts: `mail.<name>.subject`
   * @throws StoreUnavailableError
   */
  send(name: string, mail: MailRequest): Promise<void>;
  /**
   * Tells a person what happens to the account, at its verified address.
   * @returns the job, for the change of the account that it tells of, which enqueues it in its step (`AccountStore.update`): no crash
   *   separates them. None for an account without such an address
   */
  draftNotice(...notice: Notice): readonly JobDraft[];
  /** Enqueues a notice of what is no change of the account. @throws StoreUnavailableError */
  notice(...notice: Notice): Promise<void>;
}

type Notice = [account: MailAccount, name: string, values?: MessageValues, options?: NoticeOptions];

export interface MailRequest {
  to: string;
  /** Whose limits count. */
  accountId?: string | undefined;
  /** By default that of what the person and the server send. */
  limit?: MailLimit | undefined;
  /** BCP 47 tag; the nearest catalogue is used. */
  language?: string | undefined;
  values?: MessageValues | undefined;
  /** Address of the button. */
  url?: string | undefined;
  /** For the person to type. */
  code?: string | undefined;
  /** Seconds for which the link or code is valid: later, the mail is not sent any more. */
  lifetime?: number | undefined;
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
  /** Of two notices with the same one, the second is left out while the first is in the outbox. By default random. */
  key?: string | undefined;
}

export interface MailOptions {
  render: RenderMail;
  /** Where people look after their accounts. */
  accountUrl: string;
  store: Pick<Store, 'jobs'>;
  sealer: Pick<Sealer, 'seal'>;
  clock: Clock;
}

/** Without a mail server. */
export const NO_MAIL: Mail = {
  isEnabled: false,
  send: () => Promise.resolve(),
  draftNotice: () => [],
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

  async send(name: string, mail: MailRequest): Promise<void> {
    await this.#options.store.jobs.enqueue([this.#draft(name, mail)]);
  }

  async notice(...notice: Notice): Promise<void> {
    const drafts = this.draftNotice(...notice);
    if (drafts.length > 0) await this.#options.store.jobs.enqueue(drafts);
  }

  draftNotice(...[{ id, claims }, name, values = {}, { to, url, key } = {}]: Notice): readonly JobDraft[] {
    const address = to ?? (claims.email_verified === true ? claims.email : undefined);
    if (typeof address !== 'string') return [];
    const language = typeof claims.locale === 'string' ? claims.locale : undefined;
    const link =
      url === undefined ? { url: this.#options.accountUrl, opensAccount: true } : { url: url ?? undefined };
    return [this.#draft(name, { to: address, accountId: id, language, values, key, ...link })];
  }

  /** The id is the name and 64 bits: lists show which mail a job is, and a mail program which mails are the same. */
  #draft(
    name: string,
    {
      to,
      accountId,
      values = {},
      lifetime,
      limit = 'own',
      key,
      ...content
    }: MailRequest & { opensAccount?: boolean; key?: string | undefined },
  ): JobDraft {
    const { render, sealer, clock } = this.#options;
    const address = mailAddress(to);
    const payload: MailPayload = {
      ...render(name, { ...content, values: cleanValues(values) }),
      to: address ?? '',
      at: clock(),
      expiresAt: lifetime === undefined ? undefined : nowInSeconds(clock) + lifetime,
      limit,
      isDecoy: address === undefined,
    };
    const bits = key === undefined ? randomBytes(ID_BYTES).toString('hex') : digestOf(name, key);
    return draftJob(sealer, { id: `${name}.${bits}`, kind: MAIL_JOB, accountId, payload });
  }
}

const ID_BYTES = 8;

function digestOf(name: string, key: string): string {
  return hash('sha256', JSON.stringify(['mail', name, key])).slice(0, 2 * ID_BYTES);
}
