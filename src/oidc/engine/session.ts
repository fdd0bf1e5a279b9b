import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { readDeviceCookie } from '../../http/device-cookie.ts';
import type { ArtifactStore, JobStore, Payload } from '../../store/store.ts';
import { override } from '../overrides.ts';
import { engineCookies } from './cookies.ts';
import { jobsOfRemoved, type SessionEndJobs } from '../logout/session-end-jobs.ts';
import { memoOf, type RequestMemo } from './request-memo.ts';
import { type SessionWrite, UnitOfWork } from './unit-of-work.ts';

/**
 * Sessions are written by version: a request that meets the change of a concurrent one reads the session again, merges and repeats the
 * write. The result of an authorization request is written in the same step (`authorization/finish-request.ts`); what the engine then
 * does at the end of a request changes nothing any more. A session that has changed in nothing but its last use is written once a minute.
 */

interface Session {
  id: string;
  oldId?: string | undefined;
  accountId?: string;
  touched: boolean;
  save: (this: Session, ttl: number) => Promise<string | undefined>;
}

/** Routes at which a session without an account holds the state of a form. */
const STATE_WITHOUT_ACCOUNT = /^(?:code|device)_/;

export interface SessionOptions {
  artifacts: ArtifactStore;
  clock: Clock;
  issuer: string;
  endJobs: SessionEndJobs;
  jobs: Pick<JobStore, 'enqueue'>;
}

/**
 * A session begins with a sign-in. The engine would also store one for every sign-out and for every request with the cookie of an expired
 * session, and set a cookie for it. That cookie could replace the one of a concurrent request: a session gets a new id at each step of a
 * sign-in, and requests sent before that have the old one.
 */
export function saveSessionsByVersion(provider: Provider, options: SessionOptions): void {
  const { artifacts, clock, endJobs, jobs } = options;
  override<Session['save']>(
    provider,
    'Session.prototype.save',
    (save) =>
      async function saveByVersion(ttl) {
        const { ctx } = Provider;
        if (ctx === undefined) return await save.call(this, ttl);
        if (this.accountId === undefined && !STATE_WITHOUT_ACCOUNT.test(ctx.oidc.route)) {
          this.touched = false;
          removeSessionCookie(ctx);
          return undefined;
        }
        const memo = memoOf(ctx, artifacts);
        if (memo.session.isSaved && !this.touched) {
          if (hidesCookie(ctx, memo)) removeSessionCookie(ctx);
          return this.id;
        }
        const movedFrom = await takeMove(this, memo, readDeviceCookie(ctx));
        await save.call(this, ttl);
        await prepareWrite(memo, movedFrom, { now: nowInSeconds(clock), endJobs });
        const removed = jobsOfRemoved(memo.unit.session, endJobs);
        // Before the write, so that a crash does not lose them: they are sent when the session is without these clients.
        if (removed.length > 0) await jobs.enqueue(removed);
        if (!memo.session.isDeferred) await writeSession(ctx, this, memo, options);
        return this.id;
      },
  );
}

/** Writes the session without a result of the request. */
async function writeSession(
  ctx: KoaContextWithOIDC,
  session: Session,
  memo: RequestMemo,
  { artifacts, issuer }: SessionOptions,
): Promise<void> {
  const unit = new UnitOfWork(artifacts);
  unit.session = memo.unit.session;
  memo.unit.session = undefined;
  const outcome = await unit.commit();
  // The engine has set the cookie already.
  const before = session.id;
  adoptSession(session, memo, outcome);
  if (outcome.outcome === 'ended' || hidesCookie(ctx, memo)) removeSessionCookie(ctx);
  else if (session.id !== before) setSessionCookie(ctx, session.id, issuer);
}

/** After a commit: the session of the engine gets the id under which it was written. */
export function adoptSession(
  session: Pick<Session, 'id' | 'touched'>,
  memo: RequestMemo,
  outcome: { outcome: string; sessionId?: string | undefined },
): void {
  const { sessionId } = outcome;
  if (outcome.outcome === 'committed' && sessionId !== undefined && sessionId !== session.id) {
    session.id = sessionId;
    memo.session.isMoved = true;
  }
  session.touched = false;
}

export function setSessionCookie(ctx: KoaContextWithOIDC, id: string, issuer: string): void {
  const name = ctx.oidc.provider.cookieName('session');
  ctx.oidc.cookies.set(name, id, { ...engineCookies(issuer).long, overwrite: true });
}

/** The browser has the cookie with the new id from another response; who has only the old id does not get it (`session-moves.ts`). */
function hidesCookie(ctx: KoaContextWithOIDC, { session }: RequestMemo): boolean {
  return session.isMoved && ctx.oidc.route !== 'resume';
}

/**
 * The engine has given the session a new id. The old id leads to it for a while, when it was one of the same account; otherwise the engine
 * destroys what is stored under it.
 */
async function takeMove(
  session: Session,
  memo: RequestMemo,
  device: string | undefined,
): Promise<SessionWrite['movedFrom']> {
  const { oldId } = session;
  if (oldId === undefined) return undefined;
  const before = (await memo.read('Session', oldId)).payload;
  if (before === undefined || before.accountId !== session.accountId) return undefined;
  if (memo.session.isMoved) {
    // A concurrent request has moved it. A second move would leave the browser with the first id.
    session.id = oldId;
    session.oldId = undefined;
    return undefined;
  }
  session.oldId = undefined;
  return { id: oldId, device };
}

async function prepareWrite(
  memo: RequestMemo,
  movedFrom: SessionWrite['movedFrom'],
  { now, endJobs }: Pick<SessionWrite, 'now' | 'endJobs'>,
): Promise<void> {
  const { written } = memo.session;
  if (written === undefined) throw new TypeError('the engine has not written the session');
  const { payload: base, version } = (await memo.known('Session', movedFrom?.id ?? written.id)) ?? {};
  const isRecent =
    memo.session.isDeferred && movedFrom === undefined && isStoredRecently(base, written.payload, now);
  memo.unit.session = { ...written, movedFrom, version, base, now, isRecent, endJobs };
}

/** Seconds. A stored session expires earlier by at most this, and lists show its last use as it was then. */
const WRITE_INTERVAL = 60;
/** Of the lifetime of a session, where that is less. */
const WRITE_INTERVAL_SHARE = 1 / 60;

/** @param lifetime seconds that a session has from now on */
export function writeInterval(lifetime: number): number {
  return Math.min(WRITE_INTERVAL, lifetime * WRITE_INTERVAL_SHARE);
}

/** Whether the request has only moved the expiry of the session, which was stored a moment ago. */
function isStoredRecently(base: Payload | undefined, written: Payload, now: number): boolean {
  const [before, after] = [base?.exp, written.exp];
  if (base === undefined || typeof before !== 'number' || typeof after !== 'number') return false;
  if (after < before || after - before >= writeInterval(after - now)) return false;
  const names = new Set([...Object.keys(base), ...Object.keys(written)]);
  names.delete('exp');
  return Array.from(names).every((name) => isEqual(base[name], written[name]));
}

/** Of JSON values, with the same order of members. */
function isEqual(one: unknown, other: unknown): boolean {
  return one === other || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(other));
}

function removeSessionCookie({ oidc, response }: Pick<KoaContextWithOIDC, 'oidc' | 'response'>): void {
  const name = `${oidc.provider.cookieName('session')}=`;
  const cookies = [(response.get('Set-Cookie') as string | string[] | undefined) ?? []].flat();
  response.remove('Set-Cookie');
  const others = cookies.filter((cookie) => !cookie.startsWith(name));
  if (others.length > 0) response.set('Set-Cookie', others);
}
