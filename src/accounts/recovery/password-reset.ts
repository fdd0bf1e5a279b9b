import { randomUUID } from 'node:crypto';
import type { Audit, EventOrigin } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { draftJob } from '../../jobs/draft.ts';
import type { JobKind, JobOutcome } from '../../jobs/kind.ts';
import type { Mail } from '../../mail/mail.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import { emailKey, type JobDraft, type Store } from '../../store/store.ts';
import { languageOf } from '../account-language.ts';
import type { Account, Accounts } from '../accounts.ts';
import { changeNotice } from '../change-notice.ts';
import { AccountError, UnacceptablePasswordError } from '../errors.ts';
import type { KnownDevices } from '../known-devices.ts';
import { accountOfLink, type LinkContent, type Links } from '../links.ts';
import { verifiedAddress } from '../sign-in-name.ts';
import { recipientOf } from './requested-mails.ts';
import { mailResetLink, RESET_LIFETIME, resetLink } from './reset-link.ts';

/**
 * A new password by a link. The request of a person does the same for every name: it puts the name into the outbox. Whether there is such
 * an account, and whether it may get a mail, is found out when the response is long sent.
 *
 *     request ──▶ job ──account with a verified address of its own──▶ mail with a link ──POST, once, 30 minutes──▶ new password
 *                  └──any other name──▶ audit event
 *
 * The link sets a password and nothing else: it makes no session, and a second factor is asked for at the sign-in that follows. It belongs
 * to one generation of the account, which the password ends: so setting it is what uses the link, once, and a crash before loses no link.
 */

/** Characters of a name that are kept; no name of an account is as long. */
const MAX_NAME_LENGTH = 512;

const KIND = 'password_reset';

/** Seconds after an undo in which the artifacts of the account are destroyed, links among them. */
const UNDO_DELAY = 10;

export interface ResetRequest {
  /** As typed. */
  name: string;
  /** `uid` of the interaction in which the person was asked to sign in. */
  interaction?: string | undefined;
  /** Of the page, for an account that has none. */
  language?: string | undefined;
  /** Token of the browser (`known-devices.ts`). */
  device?: string | undefined;
  ip?: string | undefined;
  traceId?: string | undefined;
}

/** A link that the server sends by itself, after a change of the address was undone. */
interface OwnRequest {
  accountId: string;
}

export interface PendingReset {
  account: Account;
  interaction: string | undefined;
}

export interface PasswordResets {
  /** The same work for every name. */
  request(request: ResetRequest): Promise<void>;
  /** Without using it. */
  find(token: string): Promise<PendingReset | undefined>;
  /**
   * Sets the password of the account of a link, and ends its sessions and tokens.
   * @returns undefined when the link is void
   * @throws AccountError for an unacceptable password; the link stays
   */
  finish(token: string, password: string, origin?: EventOrigin): Promise<PendingReset | undefined>;
  /** The job that sends a link to the address of an account whose change was undone. */
  draftAfterUndo(account: Pick<Account, 'id'>): JobDraft;
  readonly job: JobKind;
}

export interface PasswordResetOptions {
  store: Pick<Store, 'accounts' | 'counters' | 'jobs'>;
  links: Links;
  mail: Mail;
  sealer: Pick<Sealer, 'seal'>;
  audit: Audit;
  /** Accounts that are changed by the person with this id. */
  accountsOf: (accountId: string, origin?: EventOrigin) => Pick<Accounts, 'find' | 'setPassword'>;
  devices: Pick<KnownDevices, 'isKnown'>;
  issuer: string;
  clock: Clock;
}

export function createPasswordResets(options: PasswordResetOptions): PasswordResets {
  const { store, links, mail, sealer, accountsOf } = options;

  async function find(token: string): Promise<PendingReset | undefined> {
    return await pendingOf(await links.find(token, 'password reset'), accountsOf);
  }

  return {
    async request({ name, ...others }) {
      const payload = { ...others, name: name.slice(0, MAX_NAME_LENGTH) };
      await store.jobs.enqueue([draftJob(sealer, { id: randomUUID(), kind: KIND, payload })]);
    },
    find,
    async finish(token, password, origin) {
      const pending = await find(token);
      if (pending === undefined) return undefined;
      const { id, generation } = pending.account;
      const jobs = changeNotice(mail, 'passwordChanged');
      try {
        const account = await accountsOf(id, origin).setPassword(id, password, { generation, jobs });
        return { ...pending, account };
      } catch (error) {
        // The account was removed, or its links have ended, while the password was hashed.
        if (error instanceof AccountError && !(error instanceof UnacceptablePasswordError)) return undefined;
        throw error;
      }
    },
    draftAfterUndo({ id: accountId }) {
      const payload: OwnRequest = { accountId };
      const dueAt = nowInSeconds(options.clock) + UNDO_DELAY;
      return draftJob(sealer, { id: randomUUID(), kind: KIND, accountId, payload, dueAt });
    },
    job: {
      kind: KIND,
      send: async ({ payload }) =>
        'accountId' in (payload as OwnRequest | ResetRequest)
          ? await answerUndo(payload as OwnRequest, options)
          : await answerRequest(payload as ResetRequest, options),
    },
  };
}

async function pendingOf(
  content: LinkContent | undefined,
  accountsOf: PasswordResetOptions['accountsOf'],
): Promise<PendingReset | undefined> {
  const account = await accountOfLink(content, { find: (id) => accountsOf(id).find(id) });
  if (account === undefined || content === undefined) return undefined;
  const { interaction, address } = content;
  // Of an address that the account has no more: its mail box may be another person's.
  if (address !== undefined && address !== emailKey(verifiedAddress(account))) return undefined;
  return { account, interaction: typeof interaction === 'string' ? interaction : undefined };
}

/** Sends the mail, if the name is that of an account that may get one. */
async function answerRequest(
  { interaction, language, traceId, ...request }: ResetRequest,
  { store, links, mail, audit, issuer, devices }: PasswordResetOptions,
): Promise<JobOutcome> {
  const recipient = await recipientOf('password resets', request, { store, devices });
  const event = { accountId: recipient.account?.id, ip: request.ip, traceId };
  if ('refused' in recipient) {
    const reason = recipient.refused;
    audit.record({ type: 'account.reset_refused', ...event, detail: { reason } });
    return { outcome: 'dropped', reason };
  }
  const { account, to, limit } = recipient;
  const lifetime = RESET_LIFETIME;
  const url = await resetLink(account, { links, issuer, lifetime, interaction, to });
  await mail.send('passwordReset', {
    to,
    limit,
    accountId: account.id,
    url,
    lifetime,
    values: { lifetime },
    language: languageOf(account) ?? language,
  });
  audit.record({ type: 'account.reset_requested', ...event });
  return { outcome: 'done' };
}

async function answerUndo(
  { accountId }: OwnRequest,
  options: Pick<PasswordResetOptions, 'store' | 'links' | 'mail' | 'issuer'>,
): Promise<JobOutcome> {
  const account = await options.store.accounts.find(accountId);
  if (account === undefined) return { outcome: 'dropped', reason: 'unknown' };
  const address = await mailResetLink('passwordResetAfterUndo', account, options);
  return address === undefined ? { outcome: 'dropped', reason: 'no_address' } : { outcome: 'done' };
}
