import type { ActorAudit, ActorEntry } from '../audit/audit.ts';
import { type Clock, nowInSeconds } from '../clock.ts';
import type { AccountChange, AccountRevocations, ChangeJobs, ListedRecord, Store } from '../store/store.ts';
import { endSession } from './revocations.ts';

/**
 * The sessions of an account, for the commands of operators and for pages at which people see their own. The engine writes them
 * (`oidc/engine/session-listing.ts`). A session is named by its handle; its id and `uid` are not known here.
 */

/** What is stored of a session for lists. */
export interface SessionFacts {
  /** Epoch seconds. */
  beganAt: number;
  /** Epoch seconds: the last authorization or sign-in that wrote the session, which happens once a minute (`oidc/engine/session.ts`). */
  lastUsedAt: number;
  /** Authentication methods (RFC 8176). */
  amr: readonly string[];
  /** `client_id` of each client that the session was used for. */
  clients: readonly string[];
  /** Of the last use: IPv4 /24 or IPv6 /48. */
  network?: string | undefined;
  /** The `User-Agent` of the last use: printable ASCII, truncated. */
  userAgent?: string | undefined;
}

/** Without facts for a session that was last written by a version before 0.2. */
export interface SessionInfo extends Partial<SessionFacts> {
  handle: string;
  /** Epoch seconds; every use starts the lifetime again. */
  expiresAt: number;
}

/** The members of an audit event that only the caller knows. */
export type RevocationContext = Pick<ActorEntry, 'ip' | 'traceId'>;

export interface Sessions {
  /** The one that expires last first, which is usually the one used last. @param page.after `next` of the page before */
  list(
    accountId: string,
    page: { after?: string | undefined; limit: number },
  ): Promise<{ sessions: SessionInfo[]; next: string | undefined }>;
  /**
   * Ends a session at once, with all its grants and refresh tokens, also those with `offline_access`.
   * @returns whether the account has such a session
   */
  end(accountId: string, handle: string, context?: RevocationContext): Promise<boolean>;
  /** Ends every session but one, in the same way. @param options.jobs where there are others @returns how many */
  endOthers(accountId: string, kept: string, options?: EndOptions): Promise<number>;
}

interface EndOptions extends RevocationContext {
  /** Enqueued once, with the end of the first ones. */
  jobs?: ChangeJobs | undefined;
}

export interface SessionsOptions {
  store: Pick<Store, 'accounts' | 'listed'>;
  /** Of the one who ends sessions: an operator, or the person. */
  audit: ActorAudit;
  clock: Clock;
  /** Seconds that a revocation is stored; at least the longest token lifetime. */
  revocationLifetime: number;
}

/** `../store/handle.ts` */
const HANDLE = /^[\da-f]{16}$/;

/** Sessions that are ended at once. */
const PAGE_SIZE = 100;

export function createSessions({ store, audit, clock, revocationLifetime }: SessionsOptions): Sessions {
  /** @returns how many the account had */
  async function endAll(
    accountId: string,
    handles: readonly string[],
    { jobs, ...context }: EndOptions,
  ): Promise<number> {
    const now = nowInSeconds(clock);
    const until = now + revocationLifetime;
    // The account first, and in any case: a concurrent request may have destroyed a session to write it under another id.
    const change: AccountChange = (current) => ({
      revocations: handles.reduce<AccountRevocations>(
        (revocations, handle) => endSession({ revocations }, handle, { now, until }),
        current.revocations ?? {},
      ),
    });
    const account = await store.accounts.update(accountId, change, jobs);
    if (account === undefined) return 0;
    let count = 0;
    for (const handle of handles) {
      if (!(await store.listed.endSession(accountId, handle, until))) continue;
      count += 1;
      audit.record({
        type: 'session.revoked',
        accountId,
        target: { kind: 'session', id: handle },
        ...context,
      });
    }
    return count;
  }

  return {
    async list(accountId, page) {
      const [{ records, next }, account] = await Promise.all([
        store.listed.list('Session', accountId, page),
        store.accounts.find(accountId),
      ]);
      const ended = account?.revocations?.sessions ?? {};
      const sessions = records.filter(({ handle }) => ended[handle] === undefined).map(toSession);
      return { sessions, next };
    },
    async end(accountId, handle, context = {}) {
      if (!HANDLE.test(handle)) return false;
      return (await endAll(accountId, [handle], context)) > 0;
    },
    async endOthers(accountId, kept, { jobs, ...context } = {}) {
      let count = 0;
      let isFirst = true;
      let after: string | undefined;
      do {
        const page = await store.listed.list('Session', accountId, { after, limit: PAGE_SIZE });
        const handles = page.records.map(({ handle }) => handle).filter((handle) => handle !== kept);
        if (handles.length > 0) {
          count += await endAll(accountId, handles, isFirst ? { ...context, jobs } : context);
          isFirst = false;
        }
        after = page.next;
      } while (after !== undefined);
      return count;
    },
  };
}

function toSession({ handle, expiresAt, facts }: ListedRecord): SessionInfo {
  return { handle, expiresAt, ...facts };
}
