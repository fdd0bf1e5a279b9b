import type { AdapterPayload } from 'oidc-provider';
import type { ArtifactKind, ArtifactWrite, Payload } from '../../store/store.ts';
import { mergeGrants } from '../authorization/grant-merge.ts';
import { omitRequestParameters } from '../authorization/request-cookie.ts';
import { mergeAuthorizations } from './session-authorizations.ts';

/** How the engine's payloads become records of the store. */

/**
 * @param payload as the engine writes it
 * @param expiresAt epoch seconds, where the payload does not say it
 */
export function artifactWrite(
  kind: ArtifactKind,
  id: string,
  payload: AdapterPayload,
  expiresAt: number,
): ArtifactWrite {
  return {
    payload: kind === 'Interaction' ? omitRequestParameters(payload) : payload,
    expiresAt: payload.exp ?? expiresAt,
    grantId: kind === 'Grant' ? id : payload.grantId,
    accountId: payload.accountId,
    uid: kind === 'Session' ? payload.uid : undefined,
    userCode: payload.userCode,
  };
}

/** Merges the stored payload with one that a request writes. */
export type Merge = (stored: Payload | undefined, written: Payload) => Payload;

/** Kinds that concurrent requests change. */
export const MERGES: Partial<Record<ArtifactKind, Merge>> = {
  Grant: mergeGrants,
  Interaction: mergeInteractions,
  Session: mergeSessions,
};

/** The result of a merge as a record. */
export function mergedWrite(write: ArtifactWrite, merge: Merge, stored: Payload | undefined): ArtifactWrite {
  const payload = merge(stored, write.payload);
  return { ...write, payload, expiresAt: (payload.exp as number | undefined) ?? write.expiresAt };
}

/**
 * Applies what a request has changed in its session to what is stored now. Of two sign-ins the later one is what the session remembers.
 * @param base the session as the request has read it; without it, the request may have changed everything but authorizations
 */
export function mergeSessions(stored: Payload | undefined, written: Payload, base: Payload = {}): Payload {
  const authorizations = mergeAuthorizations(
    stored?.authorizations as object | undefined,
    written.authorizations as object | undefined,
  );
  if (stored === undefined) return written;
  const merged: Payload = {};
  const isSignedInLater = Number(stored.loginTs) > Number(written.loginTs);
  for (const name of new Set([...Object.keys(stored), ...Object.keys(written)])) {
    const isUnchanged = JSON.stringify(written[name]) === JSON.stringify(base[name]);
    merged[name] = isUnchanged || (isSignedInLater && SIGN_IN.has(name)) ? stored[name] : written[name];
  }
  return { ...merged, ...(authorizations !== undefined && { authorizations }) };
}

const SIGN_IN: ReadonlySet<string> = new Set(['loginTs', 'amr', 'acr', 'generation', 'secondFactorAt']);

/**
 * Before another account signs in, the engine ends the session in which an interaction began and removes it from the interaction. A second
 * submission of the same form may be written after that. It must not restore the session, with which the interaction could not resume.
 */
function mergeInteractions(stored: Payload | undefined, written: Payload): Payload {
  const isSessionRemoved =
    stored !== undefined && (stored.session as { uid?: string } | undefined)?.uid === undefined;
  return isSessionRemoved ? { ...written, session: stored.session } : written;
}
