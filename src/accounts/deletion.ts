import { randomUUID } from 'node:crypto';
import type { ActorAudit } from '../audit/audit.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import { draftJob } from '../jobs/draft.ts';
import type { JobKind } from '../jobs/kind.ts';
import type { Mail } from '../mail/mail.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { AccountRecord, Store } from '../store/store.ts';
import { type Account, type Accounts, toAccount } from './accounts.ts';
import { AccountError, noSuchAccount } from './errors.ts';
import { accountOfLink, createLinks, type Links, linkUrl } from './links.ts';

/**
 * A person deletes their account. It is removed after a delay, in which it serves no application (`oidc/authorization/prompts.ts`) and its
 * person can still sign in, see it and keep it.
 *
 *     kept ──request: a new generation, a job──▶ requested ──delay over: the job──▶ removed
 *       ▲                                            │
 *       └──────────────────keep──────────────────────┘
 *
 * The job names the time for which the removal was requested. A job for another time than that of the account does nothing, so a request
 * that was taken back and made again waits for the whole delay.
 */
export interface Deletions {
  /**
   * Also revokes the account's sessions, grants and tokens. A second request changes nothing.
   * @throws AccountError when the account does not exist
   */
  request(id: string, context: DeletionContext): Promise<Account>;
  /** @returns whether the removal was requested, and its time has not come */
  keep(id: string, context: DeletionContext): Promise<boolean>;
  /**
   * By the token of the link in the mail about the request.
   * @returns `at`: when the account is removed, in epoch seconds; undefined for a void link
   */
  findLink(token: string): Promise<{ account: Account; at: number } | undefined>;
  /** Keeps the account of a link. @returns whether the link was valid */
  keepByLink(token: string, context: DeletionContext): Promise<boolean>;
}

export interface DeletionContext {
  /** Of the one who acts. */
  audit: ActorAudit;
}

export interface DeletionOptions {
  store: Pick<Store, 'accounts' | 'artifacts' | 'jobs'>;
  sealer: Pick<Sealer, 'seal'>;
  mail: Pick<Mail, 'notice'>;
  clock: Clock;
  /** Seconds. */
  delay: number;
  /** Seconds that a revocation is stored; at least the longest token lifetime. */
  revocationLifetime: number;
  issuer: string;
}

/** The page of the link in the mail about a request. */
export const KEEP_PATH = '/account/keep';

const JOB = 'account_removal';

interface Payload {
  /** `DeletionRecord.at` */
  at: number;
}

/** When the account is removed, in epoch seconds; undefined for one that stays. */
export function deletionOf({ details }: Pick<AccountRecord, 'details'>): number | undefined {
  return details?.deletion?.at;
}

export function createDeletions(options: DeletionOptions): Deletions {
  return new StoredDeletions(options);
}

class StoredDeletions implements Deletions {
  readonly #options: DeletionOptions;
  readonly #links: Links;

  constructor(options: DeletionOptions) {
    this.#options = options;
    this.#links = createLinks({ artifacts: options.store.artifacts, clock: options.clock });
  }

  async request(id: string, { audit }: DeletionContext): Promise<Account> {
    const { store, sealer, clock, delay, revocationLifetime } = this.#options;
    const requestedAt = nowInSeconds(clock);
    const { emailChanges = [] } = (await store.accounts.find(id))?.details ?? {};
    // Not before a former address has lost the right to undo its change: a thief has got the mail about the request.
    const at = Math.max(requestedAt + delay, ...emailChanges.map(({ until }) => until));
    // Before the account: a crash in between leaves a job that does nothing.
    const payload: Payload = { at };
    const job = draftJob(sealer, { id: randomUUID(), kind: JOB, accountId: id, payload, dueAt: at });
    await store.jobs.enqueue([job]);
    const changed = await store.accounts.update(id, (current) =>
      deletionOf(current) === undefined
        ? {
            details: { ...current.details, deletion: { requestedAt, at } },
            generation: current.generation + 1,
            updatedAt: requestedAt,
          }
        : undefined,
    );
    if (changed !== undefined) {
      audit.record({ type: 'account.deletion_requested', accountId: id, detail: { at } });
      await store.artifacts.revokeAccount(id, requestedAt + revocationLifetime);
      await this.#sendLink(toAccount(changed), at);
      return toAccount(changed);
    }
    await store.jobs.cancel(job.id);
    const current = await store.accounts.find(id);
    if (current === undefined) throw noSuchAccount();
    return toAccount(current);
  }

  async keep(id: string, { audit }: DeletionContext): Promise<boolean> {
    const { store, mail, clock } = this.#options;
    const now = nowInSeconds(clock);
    const changed = await store.accounts.update(id, (current) =>
      (deletionOf(current) ?? 0) > now
        ? { details: { ...current.details, deletion: undefined }, updatedAt: now }
        : undefined,
    );
    if (changed === undefined) return false;
    audit.record({ type: 'account.deletion_cancelled', accountId: id });
    await mail.notice(toAccount(changed), 'deletionCancelled', { username: changed.username });
    return true;
  }

  async findLink(token: string): Promise<{ account: Account; at: number } | undefined> {
    const content = await this.#links.find(token, 'deletion cancel');
    const record = await accountOfLink(content, this.#options.store.accounts);
    const at = record && deletionOf(record);
    return record === undefined || at === undefined ? undefined : { account: toAccount(record), at };
  }

  async keepByLink(token: string, context: DeletionContext): Promise<boolean> {
    const found = await this.findLink(token);
    if (found === undefined || !(await this.keep(found.account.id, context))) return false;
    // Void by now, because the account is kept. The link last: after a crash, it still works.
    await this.#links.use(token, 'deletion cancel');
    return true;
  }

  async #sendLink(account: Account, at: number): Promise<void> {
    const { mail, issuer, clock } = this.#options;
    const { id: accountId, generation, username } = account;
    const lifetime = at - nowInSeconds(clock);
    const token = await this.#links.create('deletion cancel', { accountId, generation }, lifetime);
    const url = linkUrl(issuer, KEEP_PATH, token);
    await mail.notice(account, 'deletionRequested', { username, at }, { url });
  }
}

/** Removes accounts when their time has come. @param options.accounts of the system */
export function accountRemoval({
  accounts,
  mail,
  clock,
}: {
  accounts: Pick<Accounts, 'find' | 'remove'>;
  mail: Pick<Mail, 'notice'>;
  clock: Clock;
}): JobKind {
  return {
    kind: JOB,
    async send({ accountId = '', payload }) {
      const account = await accounts.find(accountId);
      if (account === undefined) return { outcome: 'dropped', reason: 'the account was removed' };
      const { at } = payload as Payload;
      if (deletionOf(account) !== at)
        return { outcome: 'dropped', reason: 'the person has kept the account' };
      const now = nowInSeconds(clock);
      if (now < at) return { outcome: 'retry', reason: 'the clock was set back', after: at - now };
      // First, because no account is left to tell when a crash follows the removal. One before it repeats the mail.
      await mail.notice(account, 'accountRemoved', { username: account.username }, { url: null });
      try {
        await accounts.remove(accountId);
      } catch (error) {
        if (!(error instanceof AccountError)) throw error;
        return { outcome: 'dropped', reason: 'the account was removed' };
      }
      return { outcome: 'done' };
    },
  };
}
