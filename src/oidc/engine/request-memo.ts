import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Account } from '../../accounts/accounts.ts';
import type { ArtifactKind, ArtifactStore, Payload, VersionedArtifact } from '../../store/store.ts';
import { UnitOfWork } from './unit-of-work.ts';

/**
 * What one request of the engine has read, and what it will write (`unit-of-work.ts`). Each record is read once in a request.
 *
 * The memo is no authority: what the request has relied on is compared again in the transaction that writes its result. A request that
 * waits for something else than the store (a hash, a lock, an outbound call) must call `forget` after the wait.
 */
export class RequestMemo {
  readonly unit: UnitOfWork;
  readonly session: RequestSession = { isMoved: false, isSaved: false, isDeferred: false };
  /** By the value of a token: whether one of the kinds that were looked up so far has it (`adapter.ts`). */
  readonly foundTokens = new Map<string, Promise<boolean>>();
  readonly #artifacts: ArtifactStore;
  readonly #accounts = new Map<string, Promise<Account | undefined>>();
  readonly #found = new Map<string, Account>();
  readonly #reads = new Map<string, Promise<VersionedArtifact>>();
  readonly #byUid = new Map<string, Promise<VersionedArtifact | undefined>>();

  constructor(artifacts: ArtifactStore) {
    this.#artifacts = artifacts;
    this.unit = new UnitOfWork(artifacts);
  }

  /** The accounts that the request has read and found, which its result relies on. */
  get accounts(): Iterable<Account> {
    return this.#found.values();
  }

  account(id: string, find: (id: string) => Promise<Account | undefined>): Promise<Account | undefined> {
    let account = this.#accounts.get(id);
    if (account === undefined) {
      account = find(id).then((found) => {
        if (found !== undefined) this.#found.set(id, found);
        return found;
      });
      this.#accounts.set(id, account);
    }
    return account;
  }

  /** As the store has it; the payload must not be changed. */
  read(kind: ArtifactKind, id: string): Promise<VersionedArtifact> {
    const key = `${kind}\n${id}`;
    let read = this.#reads.get(key);
    if (read === undefined) this.#reads.set(key, (read = this.#artifacts.read(kind, id)));
    return read;
  }

  /** The same by the second key of an artifact. */
  readByUid(kind: ArtifactKind, uid: string): Promise<VersionedArtifact | undefined> {
    const key = `${kind}\n${uid}`;
    let read = this.#byUid.get(key);
    if (read === undefined) this.#byUid.set(key, (read = this.#artifacts.readByUid(kind, uid)));
    return read;
  }

  /** What the request has read; undefined for what it has not read, or has made itself. */
  known(kind: ArtifactKind, id: string): Promise<VersionedArtifact> | undefined {
    return this.#reads.get(`${kind}\n${id}`);
  }

  /**
   * After a wait for something else than the store, or a lost race: everything is read again. But not the session: the engine writes it as
   * the request has changed it, and its version says what it was.
   */
  forget(): void {
    this.#accounts.clear();
    this.#found.clear();
    for (const key of this.#reads.keys()) if (!key.startsWith('Session\n')) this.#reads.delete(key);
    this.#byUid.clear();
  }
}

/** What a request knows about the session of its browser (`session.ts`). */
export interface RequestSession {
  /** The browser has sent an id that the session has no more (`session-moves.ts`). */
  isMoved: boolean;
  /** Its state is written, with the result of the request. */
  isSaved: boolean;
  /** It will be written with the result of the request. */
  isDeferred: boolean;
  /** As the engine has written it, until it is committed. */
  written?: { id: string; payload: Payload; expiresAt: number };
}

const memos = new WeakMap<object, RequestMemo>();

/** Routes whose writes are buffered from the start: the engine decides an authorization request (`authorization/finish-request.ts`). */
const BUFFERED_ROUTES: ReadonlySet<string> = new Set(['authorization', 'resume']);

/** @param ctx of a request that the engine handles */
export function memoOf(ctx: KoaContextWithOIDC, artifacts: ArtifactStore): RequestMemo {
  let memo = memos.get(ctx);
  if (memo === undefined) {
    memo = new RequestMemo(artifacts);
    memo.unit.isOpen = BUFFERED_ROUTES.has(ctx.oidc.route);
    memos.set(ctx, memo);
  }
  return memo;
}

/** The memo of the current request; undefined outside of the engine. */
export function currentMemo(artifacts: ArtifactStore): RequestMemo | undefined {
  const { ctx } = Provider;
  return ctx === undefined ? undefined : memoOf(ctx, artifacts);
}

/** An account lookup that reads each account once in a request. */
export function rememberAccounts(
  artifacts: ArtifactStore,
  find: (id: string) => Promise<Account | undefined>,
): (id: string) => Promise<Account | undefined> {
  return (id) => currentMemo(artifacts)?.account(id, find) ?? find(id);
}

const WRITABLE = { configurable: true, enumerable: true, writable: true };

/** A copy of a JSON value, for a caller that may change it. */
export function copyOf<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as Value;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const member = copyOf((value as Record<string, unknown>)[name]);
    // A name like any other, in the authorizations of a session.
    if (name === '__proto__') Object.defineProperty(copy, name, { value: member, ...WRITABLE });
    else copy[name] = member;
  }
  return copy as Value;
}
