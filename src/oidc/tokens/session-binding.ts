import type { ArtifactStore } from '../../store/store.ts';
import type { SessionPolicy } from '../engine/session-policy.ts';
import { sessionWithUid } from '../engine/session-moves.ts';
import { isValidRecord } from './stored-token.ts';

/** What ties a token to its session. */
export interface SessionBinding {
  sessionUid?: string | undefined;
  accountId: string;
  clientId: string;
  grantId: string;
}

export interface SessionReading {
  artifacts: ArtifactStore;
  isSessionOver: SessionPolicy;
}

/**
 * Whether the session of a token is active. A token without `offline_access` ends with its session, and when the client gets another grant
 * in that.
 * @param now epoch seconds
 */
export async function isInSession(
  { artifacts, isSessionOver }: SessionReading,
  { sessionUid, accountId, clientId, grantId }: SessionBinding,
  now: number,
): Promise<boolean> {
  const found = await artifacts.readByUid('Session', String(sessionUid));
  const session = found && (await sessionWithUid(found, (id) => artifacts.read('Session', id)));
  if (session === undefined || !isValidRecord(session.payload, now)) return false;
  const { accountId: signedIn, authorizations = {} } = session.payload as SessionPayload;
  const ownGrantId = Object.hasOwn(authorizations, clientId) ? authorizations[clientId]?.grantId : undefined;
  if (signedIn !== accountId || ownGrantId !== grantId) return false;
  return !(await isSessionOver(session.payload));
}

interface SessionPayload {
  accountId?: string;
  authorizations?: Record<string, { grantId?: string }>;
}
