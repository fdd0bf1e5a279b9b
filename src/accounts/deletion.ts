import { randomUUID } from 'node:crypto';
import type { ActorAudit } from '../audit/audit.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import { draftJob } from '../jobs/draft.ts';
import type { JobKind } from '../jobs/kind.ts';
import type { Mail } from '../mail/mail.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { AccountDetails, AccountRecord, JobDraft, Store } from '../store/store.ts';
import { type Account, type Accounts, toAccount } from './accounts.ts';
import { changeNotice } from './change-notice.ts';
import { AccountError, noSuchAccount } from './errors.ts';
import { createLinks, type Links, linkUrl } from './links.ts';

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
  mail: Pick<Mail, 'draftNotice'>;
  clock: Clock;
  /** Seconds. */
  delay: number;
  /** Seconds that a revocation is stored; at least the longest token lifetime. */
  revocationLifetime: number;
  issuer: string;
}

/** The page of the link in the mail about a request. */
export const KEEP_PATH = '/account/keep';

type DeletionRecord = NonNullable<AccountDetails['deletion']>;

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
    const { store, clock, delay, revocationLifetime } = this.#options;
    const requestedAt = nowInSeconds(clock);
    const record = await store.accounts.find(id);
    if (record === undefined) throw noSuchAccount();
    if (deletionOf(record) !== undefined) return toAccount(record);
    const { emailChanges = [] } = record.details ?? {};
    // Not before a former address has lost the right to undo its change: a thief has got the mail about the request.
    const at = Math.max(requestedAt + delay, ...emailChanges.map(({ until }) => until));
    const deletion: DeletionRecord = { requestedAt, at };
    // First: nothing is lost by a link that keeps an account that stays anyhow.
    const url = await this.#keepLink(id, deletion);
    const changed = await store.accounts.update(
      id,
      (current) =>
        deletionOf(current) === undefined && isLate(current, at)
          ? {
              details: { ...current.details, deletion },
              generation: current.generation + 1,
              updatedAt: requestedAt,
            }
          : undefined,
      (account) => this.#draftsOf(account, { at, url }),
    );
    // Another change was first.
    if (changed === undefined) return await this.request(id, { audit });
    audit.record({ type: 'account.deletion_requested', accountId: id, detail: { at } });
    await store.artifacts.revokeAccount(id, requestedAt + revocationLifetime);
    return toAccount(changed);
  }

  /** The removal, and the mail about it. */
  #draftsOf(account: AccountRecord, { at, url }: { at: number; url: string }): JobDraft[] {
    const { sealer, mail } = this.#options;
    const { id: accountId, username } = account;
    const payload: Payload = { at };
    const removal = draftJob(sealer, { id: randomUUID(), kind: JOB, accountId, payload, dueAt: at });
    return [removal, ...mail.draftNotice(account, 'deletionRequested', { username, at }, { url })];
  }

  async keep(id: string, { audit }: DeletionContext): Promise<boolean> {
    const { store, mail, clock } = this.#options;
    const now = nowInSeconds(clock);
    const changed = await store.accounts.update(
      id,
      (current) =>
        (deletionOf(current) ?? 0) > now
          ? { details: { ...current.details, deletion: undefined }, updatedAt: now }
          : undefined,
      changeNotice(mail, 'deletionCancelled'),
    );
    if (changed === undefined) return false;
    audit.record({ type: 'account.deletion_cancelled', accountId: id });
    return true;
  }

  async findLink(token: string): Promise<{ account: Account; at: number } | undefined> {
    const { account: id, requestedAt } = (await this.#links.find(token, 'deletion cancel')) ?? {};
    const record = typeof id === 'string' ? await this.#options.store.accounts.find(id) : undefined;
    const deletion = record?.details?.deletion;
    if (record === undefined || deletion?.requestedAt !== requestedAt) return undefined;
    return deletion && { account: toAccount(record), at: deletion.at };
  }

  async keepByLink(token: string, context: DeletionContext): Promise<boolean> {
    const found = await this.findLink(token);
    if (found === undefined || !(await this.keep(found.account.id, context))) return false;
    // Void by now, because the account is kept. The link last: after a crash, it still works.
    await this.#links.use(token, 'deletion cancel');
    return true;
  }

  /** Neither an artifact of the account, which the request destroys, nor of its generation, which a thief who has requested it could raise. */
  async #keepLink(id: string, { requestedAt, at }: DeletionRecord): Promise<string> {
    const { issuer, clock } = this.#options;
    const lifetime = at - nowInSeconds(clock);
    const token = await this.#links.create('deletion cancel', { account: id, requestedAt }, lifetime);
    return linkUrl(issuer, KEEP_PATH, token);
  }
}

/** Whether no former address can undo its change any more. @param at epoch seconds */
function isLate({ details }: AccountRecord, at: number): boolean {
  return (details?.emailChanges ?? []).every(({ until }) => until <= at);
}

/** Removes accounts when their time has come. @param options.accounts of the system */
export function accountRemoval({
  accounts,
  mail,
  clock,
}: {
  accounts: Pick<Accounts, 'find' | 'remove'>;
  mail: Pick<Mail, 'draftNotice'>;
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
      try {
        await accounts.remove(accountId, changeNotice(mail, 'accountRemoved', {}, { url: null }));
      } catch (error) {
        if (!(error instanceof AccountError)) throw error;
        return { outcome: 'dropped', reason: 'the account was removed' };
      }
      return { outcome: 'done' };
    },
  };
}
