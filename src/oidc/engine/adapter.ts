import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { GrantRevokedError } from '../../store/errors.ts';
import type { ArtifactKind, ArtifactStore, ArtifactWrite, Payload } from '../../store/store.ts';
import { omitRequestParameters } from '../authorization/request-cookie.ts';
import { mergeGrants } from '../authorization/grant-merge.ts';
import { AlreadyResumedError } from '../authorization/interaction-end.ts';
import { mergeAuthorizations, readAuthorizations } from './session-authorizations.ts';
import { sessionListing } from './session-listing.ts';
import { isHidden } from '../tokens/token-owner.ts';

/**
 * oidc-provider's adapter interface over the store port. It adds three guarantees: losing the race for a one-time artifact is
 * `invalid_grant` (the engine ignores the result of `consume`), destroying a grant is final, and an interaction resumes once.
 */

export interface AdapterOptions {
  artifacts: ArtifactStore;
  /** Client metadata as the engine wants it; undefined for an unknown client. */
  findClient: (id: string) => Promise<AdapterPayload | undefined>;
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

/**
 * Tokens issued under a grant that a concurrent replay has revoked are not stored: the request that redeemed the code is still answered, and
 * the tokens in its response are invalid (RFC 6749 §4.1.2).
 */
const DROPPED_WHEN_REVOKED: ReadonlySet<ArtifactKind> = new Set(['AccessToken', 'RefreshToken']);

/** Artifacts that a browser presents repeatedly, until they are ended once. */
const MARKED_AT_END: ReadonlySet<ArtifactKind> = new Set(['Session', 'Interaction']);

function artifactAdapter(
  kind: ArtifactKind,
  { artifacts, clock, revocationLifetime }: AdapterOptions,
): Adapter {
  const now = () => nowInSeconds(clock);
  const revoke = (grantId: string) => artifacts.revokeGrant(grantId, now() + revocationLifetime);
  return {
    async upsert(id, payload, expiresIn) {
      try {
        await write(artifacts, kind, id, payload, now() + (expiresIn ?? 0), clock);
      } catch (error) {
        if (!(error instanceof GrantRevokedError)) throw error;
        if (!DROPPED_WHEN_REVOKED.has(kind))
          throw new errors.InvalidGrant('grant was revoked by a concurrent request');
      }
    },
    async find(id) {
      const payload = await artifacts.find(kind, id);
      return isHidden(kind, payload) ? undefined : unlessEnded(kind, payload);
    },
    async findByUid(uid) {
      return unlessEnded(kind, await artifacts.findByUid(kind, uid));
    },
    async findByUserCode(userCode) {
      return await artifacts.findByUserCode(kind, userCode);
    },
    async consume(id) {
      if (await artifacts.consume(kind, id)) return;
      if (!ONE_TIME.has(kind)) throw new errors.InvalidRequestUri('request_uri already used');
      const consumed = await artifacts.find(kind, id);
      if (typeof consumed?.grantId === 'string') await revoke(consumed.grantId);
      throw new errors.InvalidGrant('already redeemed by a concurrent request');
    },
    async destroy(id) {
      if (kind === 'Grant') {
        await revoke(id);
        return;
      }
      // A concurrent request may still write what it has loaded; the mark outlives that.
      const ended = !MARKED_AT_END.has(kind) || (await artifacts.consume(kind, id));
      if (kind === 'Interaction' && !ended) throw new AlreadyResumedError();
      await artifacts.destroy(kind, id);
    },
    async revokeByGrantId(grantId) {
      await artifacts.destroyByGrant(kind, grantId);
    },
  };
}

/** @param expiresAt epoch seconds, where the payload does not say it */
async function write(
  artifacts: ArtifactStore,
  kind: ArtifactKind,
  id: string,
  payload: AdapterPayload,
  expiresAt: number,
  clock: Clock,
): Promise<void> {
  const recordOf = (stored: Payload): ArtifactWrite => ({
    payload: stored,
    expiresAt: (stored.exp as number | undefined) ?? expiresAt,
    grantId: kind === 'Grant' ? id : payload.grantId,
    accountId: payload.accountId,
    uid: kind === 'Session' ? payload.uid : undefined,
    userCode: payload.userCode,
    listed: kind === 'Session' ? sessionListing(stored, nowInSeconds(clock)) : undefined,
  });
  // A new interaction is known to this request only: there is nothing to merge with.
  const merge = kind === 'Interaction' && payload.result === undefined ? undefined : MERGES[kind];
  if (merge !== undefined) {
    await artifacts.update(kind, id, (stored) => recordOf(merge(stored, payload)));
    return;
  }
  const stored = kind === 'Interaction' ? omitRequestParameters(payload) : payload;
  await artifacts.upsert(kind, id, recordOf(stored));
}

/** Kinds that concurrent requests change: merges the stored payload with the one that a request writes. */
const MERGES: Partial<Record<ArtifactKind, (stored: Payload | undefined, written: Payload) => Payload>> = {
  Grant: mergeGrants,
  Interaction: (stored, written) => mergeInteractions(stored, omitRequestParameters(written)),
  Session: (stored, written) => {
    const authorizations = mergeAuthorizations(
      stored?.authorizations as object | undefined,
      written.authorizations as object | undefined,
    );
    return { ...written, ...(authorizations !== undefined && { authorizations }) };
  },
};

/**
 * Before another account signs in, the engine ends the session in which an interaction began and removes it from the interaction. A second
 * submission of the same form may be written after that. It must not restore the session, with which the interaction could not resume.
 */
function mergeInteractions(stored: Payload | undefined, written: Payload): Payload {
  const isSessionRemoved =
    stored !== undefined && (stored.session as { uid?: string } | undefined)?.uid === undefined;
  return isSessionRemoved ? { ...written, session: stored.session } : written;
}

/** An artifact that was ended is absent, also when a concurrent request has written it again. */
function unlessEnded(kind: ArtifactKind, payload: Payload | undefined): Payload | undefined {
  if (MARKED_AT_END.has(kind) && payload?.consumed !== undefined) return undefined;
  if (kind !== 'Session' || typeof payload?.authorizations !== 'object') return payload;
  return { ...payload, authorizations: readAuthorizations(payload.authorizations as object) };
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
