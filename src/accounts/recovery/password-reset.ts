import { randomUUID } from 'node:crypto';
import type { Audit } from '../../audit/audit.ts';
import { draftJob } from '../../jobs/draft.ts';
import type { JobKind, JobOutcome } from '../../jobs/kind.ts';
import type { Mail } from '../../mail/mail.ts';
import type { Sealer } from '../../signing/sealing/sealer.ts';
import type { Store } from '../../store/store.ts';
import { languageOf } from '../account-language.ts';
import type { Account, Accounts } from '../accounts.ts';
import { accountOfLink, type LinkContent, type Links } from '../links.ts';
import { findBySignInName, mailAddressOf } from '../sign-in-name.ts';
import { mayRequestMail } from './requested-mails.ts';
import { RESET_LIFETIME, resetLink } from './reset-link.ts';

/**
 * A new password by a link. The request of a person does the same for every name: it puts the name into the outbox. Whether there is such
 * an account, and whether it may get a mail, is found out when the response is long sent.
 *
 *     request ──▶ job ──account with a verified address of its own──▶ mail with a link ──POST, once, 30 minutes──▶ new password
 *                  └──any other name──▶ audit event
 *
 * The link sets a password and nothing else: it makes no session, and a second factor is asked for at the sign-in that follows.
 */

/** Characters of a name that are kept; no name of an account is as long. */
const MAX_NAME_LENGTH = 512;

const KIND = 'password_reset';

export interface ResetRequest {
  /** As typed. */
  name: string;
  /** `uid` of the interaction in which the person was asked to sign in. */
  interaction?: string | undefined;
  /** Of the page, for an account that has none. */
  language?: string | undefined;
  ip?: string | undefined;
  traceId?: string | undefined;
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
  finish(token: string, password: string): Promise<PendingReset | undefined>;
  readonly job: JobKind;
}

export interface PasswordResetOptions {
  store: Pick<Store, 'accounts' | 'counters' | 'jobs'>;
  links: Links;
  mail: Mail;
  sealer: Pick<Sealer, 'seal'>;
  audit: Audit;
  /** Accounts that are changed by the person with this id. */
  accountsOf: (accountId: string) => Pick<Accounts, 'find' | 'setPassword'>;
  issuer: string;
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
    async finish(token, password) {
      const pending = await find(token);
      if (pending === undefined) return undefined;
      const { id } = pending.account;
      const account = await accountsOf(id).setPassword(
        id,
        password,
        async () => (await links.use(token, 'password reset'))?.generation,
      );
      if (account === undefined) return undefined;
      await mail.notice(account, 'passwordChanged', { username: account.username });
      return { ...pending, account };
    },
    job: {
      kind: KIND,
      send: async ({ payload }) => await answerRequest(payload as ResetRequest, options),
    },
  };
}

async function pendingOf(
  content: LinkContent | undefined,
  accountsOf: PasswordResetOptions['accountsOf'],
): Promise<PendingReset | undefined> {
  const account = await accountOfLink(content, { find: (id) => accountsOf(id).find(id) });
  if (account === undefined) return undefined;
  const interaction = content?.interaction;
  return { account, interaction: typeof interaction === 'string' ? interaction : undefined };
}

/** Sends the mail, if the name is that of an account that may get one. */
async function answerRequest(
  { name, interaction, language, ip, traceId }: ResetRequest,
  { store, links, mail, audit, issuer }: PasswordResetOptions,
): Promise<JobOutcome> {
  const account = await findBySignInName(store, name);
  const event = { accountId: account?.id, ip, traceId };
  const refuse = (reason: string): JobOutcome => {
    audit.record({ type: 'account.reset_refused', ...event, detail: { reason } });
    return { outcome: 'dropped', reason };
  };
  if (account === undefined) return refuse('unknown');
  if (account.disabled) return refuse('disabled');
  const to = await mailAddressOf(store, account);
  if (to === undefined) return refuse('no_address');
  const request = { kind: 'password resets', accountId: account.id, ip };
  if (!(await mayRequestMail(store.counters, request))) return refuse('limited');
  const lifetime = RESET_LIFETIME;
  const url = await resetLink(account, { links, issuer, lifetime, interaction });
  await mail.send('passwordReset', {
    to,
    accountId: account.id,
    url,
    lifetime,
    values: { lifetime },
    language: languageOf(account) ?? language,
  });
  audit.record({ type: 'account.reset_requested', ...event });
  return { outcome: 'done' };
}
