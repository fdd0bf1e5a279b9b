import { StoreUnavailableError } from '../../store/errors.ts';
import type {
  ArtifactKind,
  ArtifactStore,
  ArtifactUnit,
  ArtifactWrite,
  CommitOutcome,
  Payload,
  UnitWrite,
} from '../../store/store.ts';
import { type Merge, MERGES, mergedWrite, mergeSessions } from './artifact-writes.ts';
import type { SessionEndJobs } from '../logout/session-end-jobs.ts';
import { conflictingGrant, type GrantConflict } from './session-authorizations.ts';
import { sessionListing } from './session-listing.ts';
import {
  type CurrentSession,
  currentSession,
  MOVED_LIFETIME,
  movedSession,
  sessionWithUid,
} from './session-moves.ts';

/**
 * What one request decides, written in one step: the artifact that it redeems, its successor, new artifacts, the answer for a repeated
 * request, and the session.
 *
 *     closed ──open──▶ open: writes and one consumption are buffered ──commit──▶ committed, or refused with an outcome
 *                        └─ an error: nothing was written
 *
 * What ends or counts something is not buffered: revocations, replay ids, failed attempts, the end of a session or interaction. A request
 * that is itself refused may do that.
 */
export class UnitOfWork {
  /** Whether the writes of the request are buffered. */
  isOpen = false;
  session: SessionWrite | undefined;
  readonly #artifacts: ArtifactStore;
  #consumption: { kind: ArtifactKind; id: string } | undefined;
  #writes = new Map<string, UnitWrite>();

  constructor(artifacts: ArtifactStore) {
    this.#artifacts = artifacts;
  }

  /** Without its buffer: what follows is written at once. */
  close(): void {
    this.isOpen = false;
    this.#consumption = undefined;
    this.#writes = new Map();
    this.session = undefined;
  }

  consume(kind: ArtifactKind, id: string): void {
    if (this.#consumption !== undefined) throw new TypeError('a request redeems one artifact');
    this.#consumption = { kind, id };
  }

  put(write: UnitWrite): void {
    this.#writes.set(keyOf(write.kind, write.id), write);
  }

  /** What the request has written itself. */
  find(kind: ArtifactKind, id: string): Payload | undefined {
    return this.#writes.get(keyOf(kind, id))?.write.payload;
  }

  /**
   * Writes the unit, and closes it.
   * @param reliance the accounts and clients that have decided the request
   * @param answer for a repeated request
   */
  async commit(
    reliance: Pick<ArtifactUnit, 'accounts' | 'clients'> = {},
    answer?: Answer,
  ): Promise<UnitOutcome> {
    try {
      const newId = await this.#prepareMove();
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const unit = this.#unit(reliance, answer);
        if (unit.writes.length === 0 && unit.consume === undefined) return { outcome: 'committed' };
        const outcome = await this.#artifacts.commit(unit);
        if (outcome.outcome !== 'changed') {
          if (outcome.outcome !== 'committed' || this.session?.id !== newId) await this.#dropMove(newId);
          return { ...outcome, sessionId: this.session?.id };
        }
        if (!(await this.#rebase())) {
          await this.#dropMove(newId);
          return { outcome: 'ended' };
        }
      }
    } finally {
      this.close();
    }
    throw new StoreUnavailableError('the artifacts of a request change too fast');
  }

  #unit(reliance: Pick<ArtifactUnit, 'accounts' | 'clients'>, answer: Answer | undefined) {
    const { session } = this;
    const consume = this.#consumption && { ...this.#consumption, answer };
    const writes = [...this.#writes.values()];
    if (session?.isRecent !== true || (writes.length === 0 && consume === undefined))
      return { ...reliance, consume, writes: [...writes, ...sessionWrites(session)] };
    const { id, version = '' } = session;
    return { ...reliance, consume, writes, unchanged: [{ kind: 'Session', id, version } as const] };
  }

  /**
   * A session that gets a new id is written there before anything leads to it: in Redis the writes of a unit become visible one after the
   * other, and a request that follows the old id must find the session. Until the unit is committed no browser has the new id.
   */
  async #prepareMove(): Promise<string | undefined> {
    if (this.session?.movedFrom === undefined) return undefined;
    const { id, payload, now } = this.session;
    await this.#artifacts.upsert('Session', id, { payload, expiresAt: now + MOVED_LIFETIME });
    return id;
  }

  /** The unit was refused, or the session has got another id. */
  async #dropMove(id: string | undefined): Promise<void> {
    if (id !== undefined) await this.#artifacts.destroy('Session', id);
  }

  /**
   * A concurrent request has changed an artifact: reads it again and merges.
   * @returns false when the session has ended
   */
  async #rebase(): Promise<boolean> {
    if (this.session !== undefined && !(await this.#rebaseSession(this.session))) return false;
    for (const write of this.#writes.values()) {
      const merge = MERGES[write.kind];
      if (write.version === undefined || merge === undefined) continue;
      const { payload, version } = await this.#artifacts.read(write.kind, write.id);
      this.put({ ...write, write: mergedWrite(write.write, merge, payload), version });
    }
    return true;
  }

  async #rebaseSession(session: SessionWrite): Promise<boolean> {
    const { id, movedFrom, version, payload } = session;
    if (version === undefined) return true;
    const base = movedFrom?.id ?? id;
    const current =
      (await currentSession((each) => this.#artifacts.read('Session', each), base, 'read')) ??
      (await this.#sessionWithUid(payload.uid as string));
    if (current === undefined || current.payload.accountId !== payload.accountId) return false;
    const conflict = conflictingGrant(current.payload.authorizations, payload.authorizations);
    if (conflict !== undefined) await this.#adoptGrant(conflict, payload);
    const merged = mergeSessions(current.payload, payload, session.base);
    // Another request has moved the session: its id is the one that the browser has.
    const isMoved = current.id !== base;
    this.session = {
      ...session,
      ...(isMoved && { id: current.id, movedFrom: undefined }),
      merged: isMoved ? { ...merged, jti: current.id } : merged,
      version: current.version,
    };
    return true;
  }

  /** A session that has left its old id without a trace: nodes of version 0.1 do that, and requests without a device cookie. */
  async #sessionWithUid(uid: string): Promise<CurrentSession | undefined> {
    const found = await this.#artifacts.readByUid('Session', uid);
    return found && (await sessionWithUid(found, (each) => this.#artifacts.read('Session', each)));
  }

  /**
   * Two requests have each made a grant for one client in one session. The first one stays, with the consent of both, because the tokens of
   * a session are bound to its one grant for the client.
   */
  async #adoptGrant({ clientId, ours, theirs }: GrantConflict, session: Payload): Promise<void> {
    const { payload: stored, version } = await this.#artifacts.read('Grant', theirs.grantId);
    const own =
      this.find('Grant', ours.grantId) ?? (await this.#artifacts.read('Grant', ours.grantId)).payload;
    if (stored === undefined || own === undefined) return;
    if (VALIDITY.some((name) => stored[name] !== own[name])) return;
    const payload = (MERGES.Grant as Merge)(stored, { ...own, jti: theirs.grantId, iat: stored.iat });
    this.#writes.delete(keyOf('Grant', ours.grantId));
    for (const write of this.#writes.values()) {
      if (write.write.grantId === ours.grantId)
        this.put({ ...write, write: underGrant(write.write, theirs) });
    }
    const accountId = payload.accountId as string;
    const write = { payload, expiresAt: payload.exp as number, grantId: theirs.grantId, accountId };
    this.put({ kind: 'Grant', id: theirs.grantId, write, version });
    const authorizations = session.authorizations as Record<string, object>;
    Object.assign(authorizations[clientId] as object, theirs);
  }
}

/** The response for a repeated request; `expiresAt`: epoch seconds. */
interface Answer {
  payload: Payload;
  expiresAt: number;
}

/** The session of the request. */
export interface SessionWrite {
  id: string;
  /** The id that it had before, when it gets a new one (`session-moves.ts`). */
  movedFrom: { id: string; device: string | undefined } | undefined;
  /** Under `movedFrom.id`, or under `id`; undefined for a new session. */
  version: string | undefined;
  /** As the request has read it. */
  base?: Payload | undefined;
  /** As the request has changed it. */
  payload: Payload;
  /** Its state was stored so recently that it need not be written again: it is only compared, together with what the unit writes. */
  isRecent?: boolean;
  /** With the changes of concurrent requests, which this one has met. */
  merged?: Payload;
  /** Epoch seconds, also of the request. */
  expiresAt: number;
  now: number;
  /** What the end of the session enqueues, from its payload. */
  endJobs?: SessionEndJobs | undefined;
}

export type UnitOutcome =
  | (Exclude<CommitOutcome, { outcome: 'changed' }> & { sessionId?: string | undefined })
  /** The session has ended. */
  | { outcome: 'ended' };

/** Members of a grant that say what it is valid for (`generation.ts`). */
const VALIDITY = ['generation', 'instance', 'withdrawals'];

/** Each follows a change by another request. */
const MAX_ATTEMPTS = 20;

function sessionWrites(session: SessionWrite | undefined): UnitWrite[] {
  if (session === undefined) return [];
  const { id, movedFrom, version, expiresAt, now, endJobs } = session;
  const payload = session.merged ?? session.payload;
  const accountId = payload.accountId as string | undefined;
  const write: ArtifactWrite = {
    payload,
    expiresAt,
    accountId,
    uid: payload.uid as string,
    listed: sessionListing(payload, now, endJobs),
  };
  if (movedFrom === undefined) return [{ kind: 'Session', id, write, version }];
  // With its uid: in Redis a concurrent write may lead from it to the old id for a moment.
  const moved: ArtifactWrite = {
    payload: movedSession(id, movedFrom.device),
    expiresAt: now + MOVED_LIFETIME,
    uid: payload.uid as string,
  };
  return [
    { kind: 'Session', id: movedFrom.id, write: moved, version },
    { kind: 'Session', id, write },
  ];
}

function underGrant(write: ArtifactWrite, { grantId, sid }: GrantConflict['theirs']): ArtifactWrite {
  const { payload } = write;
  return {
    ...write,
    grantId,
    payload: { ...payload, grantId, ...(payload.sid !== undefined && { sid }) },
  };
}

function keyOf(kind: ArtifactKind, id: string): string {
  return `${kind}\n${id}`;
}
