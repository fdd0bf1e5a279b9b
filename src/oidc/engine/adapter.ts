import { errors, Provider, type Adapter, type AdapterPayload } from 'oidc-provider';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { readDeviceCookie } from '../../http/device-cookie.ts';
import { GrantRevokedError } from '../../store/errors.ts';
import type { ArtifactKind, ArtifactStore, Payload } from '../../store/store.ts';
import { AlreadyResumedError } from '../authorization/interaction-end.ts';
import { isOwnedBy, isTokenLookup, isTokenRequest } from '../tokens/token-owner.ts';
import { artifactWrite, MERGES, mergedWrite } from './artifact-writes.ts';
import { copyOf, currentMemo, type RequestMemo } from './request-memo.ts';
import { readAuthorizations } from './session-authorizations.ts';
import { currentSession, isMoved, sessionWithUid } from './session-moves.ts';
import type { SessionPolicy } from './session-policy.ts';

/**
 * oidc-provider's adapter interface over the store port. Within a request of the engine each artifact is read once (`request-memo.ts`), and
 * what the request decides is written in one step (`unit-of-work.ts`).
 *
 * It adds three guarantees: losing the race for a one-time artifact is an error (the engine ignores the result of `consume`), destroying a
 * grant is final, and an interaction resumes once.
 */

export interface AdapterOptions {
  artifacts: ArtifactStore;
  /** Client metadata as the engine wants it; undefined for an unknown client. */
  findClient: (id: string) => Promise<AdapterPayload | undefined>;
  /** Such a session is not found for a token: what was issued in it ends with it. */
  isSessionOver: SessionPolicy;
  clock: Clock;
  /** Seconds that the tombstone of a revoked grant is kept. */
  revocationLifetime: number;
}

/** @returns the factory that oidc-provider calls once for each of its models */
export function createAdapterFactory(options: AdapterOptions): (name: string) => Adapter {
  return (name) =>
    name === 'Client' ? clientAdapter(options) : artifactAdapter(name as ArtifactKind, options);
}

/** Artifacts that can be redeemed once; a second consumption revokes the grant (RFC 6749 §4.1.2, RFC 9700 §4.14.2). */
const ONE_TIME: ReadonlySet<ArtifactKind> = new Set(['AuthorizationCode', 'RefreshToken', 'DeviceCode']);

/** Artifacts that a browser presents repeatedly, until they are ended once. */
const MARKED_AT_END: ReadonlySet<ArtifactKind> = new Set(['Session', 'Interaction']);

/** Artifacts whose payload the engine changes in place. */
const CHANGED_IN_PLACE: ReadonlySet<ArtifactKind> = new Set(['Session', 'Grant', 'Interaction']);

function artifactAdapter(kind: ArtifactKind, options: AdapterOptions): Adapter {
  const { artifacts, clock, isSessionOver, revocationLifetime } = options;
  const now = () => nowInSeconds(clock);
  const revoke = (grantId: string) => artifacts.revokeGrant(grantId, now() + revocationLifetime);
  return {
    async upsert(id, payload, expiresIn) {
      if (kind === 'ClientCredentials') throw new TypeError('tokens of this grant are not stored');
      await write(artifacts, kind, id, payload, now() + (expiresIn ?? 0));
    },
    async find(id) {
      const memo = currentMemo(artifacts);
      if (kind === 'Session') return await findSession(artifacts, memo, id);
      if (memo === undefined) return unlessEnded(kind, await artifacts.find(kind, id));
      return isTokenLookup(kind)
        ? await findToken(artifacts, memo, kind, id)
        : await findArtifact(memo, kind, id);
    },
    async findByUid(uid) {
      const memo = currentMemo(artifacts);
      const found = await (memo ?? artifacts).readByUid(kind, uid);
      if (kind !== 'Session' || found === undefined) return unlessEnded(kind, copyOf(found?.payload));
      const current = await sessionWithUid(found, (each) => artifacts.read(kind, each));
      if (current !== undefined && isTokenRequest() && (await isSessionOver(current.payload)))
        return undefined;
      return unlessEnded(kind, copyOf(current?.payload));
    },
    async findByUserCode(userCode) {
      return await artifacts.findByUserCode(kind, userCode);
    },
    async consume(id) {
      const unit = openUnit(artifacts);
      if (unit !== undefined) {
        unit.consume(kind, id);
        return;
      }
      if (await artifacts.consume(kind, id)) return;
      if (!ONE_TIME.has(kind)) throw new errors.InvalidRequestUri('request_uri already used');
      const consumed = await artifacts.find(kind, id);
      if (typeof consumed?.grantId === 'string') await revoke(consumed.grantId);
      throw new errors.InvalidGrant('already redeemed by a concurrent request');
    },
    async destroy(id) {
      if (kind === 'Grant') await revoke(id);
      else if (kind === 'Session') await endSession(artifacts, id);
      else {
        // A concurrent request may still write what it has loaded; the mark outlives that.
        const ended = !MARKED_AT_END.has(kind) || (await artifacts.consume(kind, id));
        if (kind === 'Interaction' && !ended) throw new AlreadyResumedError();
        await artifacts.destroy(kind, id);
      }
    },
    async revokeByGrantId(grantId) {
      await artifacts.destroyByGrant(kind, grantId);
    },
  };
}

/** The unit of the current request, where its writes are buffered: at the token endpoint `grants/commit.ts` opens it. */
function openUnit(artifacts: ArtifactStore) {
  const { unit } = currentMemo(artifacts) ?? {};
  return unit?.isOpen === true ? unit : undefined;
}

/** @param expiresAt epoch seconds, where the payload does not say it */
async function write(
  artifacts: ArtifactStore,
  kind: ArtifactKind,
  id: string,
  payload: AdapterPayload,
  expiresAt: number,
): Promise<void> {
  const memo = currentMemo(artifacts);
  const record = artifactWrite(kind, id, payload, expiresAt);
  if (kind === 'Session' && memo !== undefined) {
    memo.session.written = { id, payload: record.payload, expiresAt: record.expiresAt };
    return;
  }
  // A new interaction is known to this request only: there is nothing to merge with.
  const merge = kind === 'Interaction' && payload.result === undefined ? undefined : MERGES[kind];
  if (memo?.unit.isOpen === true && !(kind === 'Interaction' && merge !== undefined)) {
    memo.unit.put({ kind, id, write: record, version: merge && (await memo.known(kind, id))?.version });
    return;
  }
  try {
    if (merge === undefined) await artifacts.upsert(kind, id, record);
    else await artifacts.update(kind, id, (stored) => mergedWrite(record, merge, stored));
  } catch (error) {
    if (!(error instanceof GrantRevokedError)) throw error;
    throw new errors.InvalidGrant('grant was revoked by a concurrent request');
  }
}

async function findArtifact(memo: RequestMemo, kind: ArtifactKind, id: string): Promise<Payload | undefined> {
  const payload = memo.unit.find(kind, id) ?? (await memo.read(kind, id)).payload;
  return unlessEnded(kind, CHANGED_IN_PLACE.has(kind) ? copyOf(payload) : payload);
}

/**
 * At introspection and revocation the engine looks for a token among all kinds at once. An id belongs to one kind: the next one is read
 * when it is not among those before. Tokens that clients get for themselves are JWTs, of which none is stored.
 */
async function findToken(
  artifacts: ArtifactStore,
  memo: RequestMemo,
  kind: ArtifactKind,
  id: string,
): Promise<Payload | undefined> {
  if (kind === 'ClientCredentials') return undefined;
  const before = memo.foundTokens.get(id);
  const isOwn = isOwnedBy(Provider.ctx?.oidc.client?.clientId);
  const lookup = async (): Promise<Payload | undefined> =>
    (await before) === true ? undefined : await artifacts.find(kind, id, isOwn);
  const found = lookup();
  memo.foundTokens.set(
    id,
    found.then(async (payload) => payload !== undefined || (await before) === true),
  );
  return await found;
}

async function findSession(
  artifacts: ArtifactStore,
  memo: RequestMemo | undefined,
  id: string,
): Promise<Payload | undefined> {
  const { ctx } = Provider;
  const device = ctx && readDeviceCookie(ctx);
  const current = await currentSession((each) => (memo ?? artifacts).read('Session', each), id, { device });
  if (current === undefined) return undefined;
  if (memo !== undefined && current.id !== id) memo.session.isMoved = true;
  return unlessEnded('Session', copyOf(current.payload));
}

/** Ends a session under each of its ids: the mark prevents that a concurrent request moves it. */
async function endSession(artifacts: ArtifactStore, id: string): Promise<void> {
  await artifacts.consume('Session', id);
  const payload = await artifacts.find('Session', id);
  if (payload !== undefined && isMoved(payload)) await endSession(artifacts, payload.movedTo);
  await artifacts.destroy('Session', id);
}

/**
 * An artifact that was ended is absent, also when a concurrent request has written it again.
 * @param payload is changed
 */
function unlessEnded(kind: ArtifactKind, payload: Payload | undefined): Payload | undefined {
  if (MARKED_AT_END.has(kind) && payload?.consumed !== undefined) return undefined;
  if (kind === 'Session' && typeof payload?.authorizations === 'object')
    payload.authorizations = readAuthorizations(payload.authorizations as object);
  return payload;
}

function clientAdapter({ findClient }: AdapterOptions): Adapter {
  const unsupported = async () => {
    throw new Error('clients are changed through clients/, not through the engine');
  };
  return {
    find: findClient,
    upsert: unsupported,
    findByUid: unsupported,
    findByUserCode: unsupported,
    consume: unsupported,
    destroy: unsupported,
    revokeByGrantId: unsupported,
  };
}
