import { randomUUID } from 'node:crypto';
import type { Audit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { Mail } from '../../mail/mail.ts';
import type { AccountRecord, RecoveryRecord, Store } from '../../store/store.ts';
import { type Account, toAccount } from '../accounts.ts';
import { changeNotice } from '../change-notice.ts';
import type { RevocationContext } from '../sessions.ts';
import { accountOfLink, type LinkContent, type Links, linkUrl } from '../links.ts';
import { mailAddressOf } from '../sign-in-name.ts';

/**
 * The way back into an account whose second factor is lost, for a person without a recovery code. The second factor is removed with two
 * factors of other kinds, the password and the mail box, and after a day in which the owner of the account can prevent it:
 *
 *     password given ──request──▶ waiting (24 hours) ──▶ ready (7 days) ──link and password──▶ factors removed
 *                        mail ─────┴─ cancelled: by the link, by a sign-in with the factor, by a new password ─┘
 *
 * A new password voids it, because the generation of the account rises. So a thief of the mail box, who gets a password with it, waits
 * a whole day after that, while every session has ended and each step is in the mail box.
 */

/** Seconds between the request and the removal. */
const RECOVERY_DELAY = 86_400;

/** Seconds after the delay. */
const READY_LIFETIME = 7 * 86_400;

export const RECOVERY_PATH = '/account/recovery';

export interface PendingRecovery {
  account: Account;
  /** Epoch seconds. */
  readyAt: number;
  isReady: boolean;
}

export interface Recoveries {
  /**
   * For a person who has given the password. Asked for again, it sends another link and keeps the delay.
   * @returns undefined where the account has no address for the mail
   */
  request(account: Account, context?: RevocationContext): Promise<PendingRecovery | undefined>;
  find(token: string): Promise<PendingRecovery | undefined>;
  /** @returns undefined for a void link */
  cancel(token: string, context?: RevocationContext): Promise<Account | undefined>;
  /** A person who signs in with the factor has not lost it. */
  cancelBySignIn(account: Account, context?: RevocationContext): Promise<void>;
  /**
   * Removes all second factors and ends the sessions and tokens of the account, for a person who has given the password again.
   * @returns undefined for a void link, or before the delay is over
   */
  finish(token: string, context?: RevocationContext): Promise<Account | undefined>;
}

export interface RecoveryOptions {
  store: Pick<Store, 'accounts' | 'artifacts' | 'jobs'>;
  links: Links;
  mail: Pick<Mail, 'draftNotice'>;
  audit: Pick<Audit, 'record'>;
  issuer: string;
  clock: Clock;
  /** Seconds that a revocation is stored. */
  revocationLifetime: number;
}

export function createRecoveries(options: RecoveryOptions): Recoveries {
  const { store, links, mail, audit, clock } = options;
  const now = () => nowInSeconds(clock);

  async function find(token: string): Promise<PendingRecovery | undefined> {
    const content = await links.find(token, 'recovery');
    const record = await accountOfLink(content, store.accounts);
    const recovery = record?.details?.recovery;
    if (record === undefined || recovery === undefined || recovery.id !== content?.recovery) return undefined;
    return { account: toAccount(record), readyAt: recovery.readyAt, isReady: recovery.readyAt <= now() };
  }

  async function cancel(account: Account, context: RevocationContext): Promise<Account | undefined> {
    const record = await store.accounts.update(
      account.id,
      ({ details }) =>
        details?.recovery === undefined ? undefined : { details: { ...details, recovery: undefined } },
      changeNotice(mail, 'recoveryCancelled'),
    );
    if (record === undefined) return undefined;
    audit.record({ type: 'account.recovery_cancelled', accountId: account.id, ...context });
    return toAccount(record);
  }

  return {
    request: (account, context = {}) => requestRecovery(account, context, options),
    find,
    async cancel(token, context = {}) {
      const found = await find(token);
      const cancelled = found && (await cancel(found.account, context));
      // The recovery that it names is over. The link last: after a crash, it still works.
      if (cancelled !== undefined) await links.use(token, 'recovery');
      return cancelled;
    },
    async cancelBySignIn(account, context = {}) {
      if (account.details?.recovery !== undefined) await cancel(account, context);
    },
    async finish(token, context = {}) {
      const found = await find(token);
      if (found?.isReady !== true) return undefined;
      const content = await links.find(token, 'recovery');
      if (content === undefined) return undefined;
      const { id } = found.account;
      const change = (current: AccountRecord) => withoutFactors(current, content, now());
      const record = await store.accounts.update(id, change, changeNotice(mail, 'factorsRemoved'));
      if (record === undefined) return undefined;
      await links.use(token, 'recovery');
      await store.artifacts.revokeAccount(id, now() + options.revocationLifetime);
      audit.record({ type: 'account.recovered', accountId: id, ...context });
      return toAccount(record);
    },
  };
}

async function requestRecovery(
  account: Account,
  context: RevocationContext,
  options: RecoveryOptions,
): Promise<PendingRecovery | undefined> {
  const { store, links, mail, audit, issuer, clock } = options;
  const now = nowInSeconds(clock);
  const to = await mailAddressOf(store, account);
  if (to === undefined) return undefined;
  const current = await store.accounts.find(account.id);
  if (current === undefined || current.disabled || current.generation !== account.generation)
    return undefined;
  const stored = current.details?.recovery;
  const recovery = isOpen(stored, account, now) ? stored : newRecovery(account, now);
  const content = { accountId: account.id, generation: account.generation, recovery: recovery.id };
  // First: nothing is lost by a link to a recovery that was not begun.
  const token = await links.create('recovery', content, recovery.readyAt + READY_LIFETIME - now);
  const url = linkUrl(issuer, RECOVERY_PATH, token);
  const values = { at: recovery.readyAt, username: account.username };
  const drafts = mail.draftNotice(account, 'recovery', values, { to, url });
  if (recovery === stored) await store.jobs.enqueue(drafts);
  else if (!(await beginRecovery(account, recovery, { store, now, drafts })))
    // Another request was first, or the account has changed.
    return await requestRecovery(account, context, options);
  audit.record({ type: 'account.recovery_requested', accountId: account.id, ...context });
  return { account, readyAt: recovery.readyAt, isReady: recovery.readyAt <= now };
}

function isOpen(
  recovery: RecoveryRecord | undefined,
  { generation }: Pick<Account, 'generation'>,
  now: number,
): recovery is RecoveryRecord {
  return recovery?.generation === generation && recovery.readyAt + READY_LIFETIME > now;
}

function newRecovery({ generation }: Account, now: number): RecoveryRecord {
  return { id: randomUUID(), generation, requestedAt: now, readyAt: now + RECOVERY_DELAY };
}

/** @returns false when the account has changed, or another request was first */
async function beginRecovery(
  { id, generation }: Account,
  recovery: RecoveryRecord,
  {
    store,
    now,
    drafts,
  }: { store: Pick<Store, 'accounts'>; now: number; drafts: ReturnType<Mail['draftNotice']> },
): Promise<boolean> {
  const changed = await store.accounts.update(
    id,
    (current) => {
      if (current.disabled || current.generation !== generation) return undefined;
      if (isOpen(current.details?.recovery, current, now)) return undefined;
      return { details: { ...current.details, recovery } };
    },
    () => drafts,
  );
  return changed !== undefined;
}

/** @returns undefined when the account has changed since, or the recovery was cancelled */
function withoutFactors(
  current: AccountRecord,
  content: LinkContent,
  now: number,
): Partial<AccountRecord> | undefined {
  const { recovery, factors: _factors, ...details } = current.details ?? {};
  if (current.generation !== content.generation || current.disabled) return undefined;
  if (recovery === undefined || recovery.id !== content.recovery || recovery.readyAt > now) return undefined;
  return { details, generation: current.generation + 1, updatedAt: now };
}
