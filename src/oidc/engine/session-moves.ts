import { hash } from 'node:crypto';
import type { Payload, Version, VersionedArtifact } from '../../store/store.ts';

/**
 * A session gets a new id at each step of a sign-in. Requests that the browser has sent before it got the new id have the old one, and may
 * arrive in another process. So for some seconds the record under the old id names the new one:
 *
 *     session under id 1 ──sign-in or consent, in one step──▶ moved (id 1) ──▶ session under id 2
 *                                                               │ 30 s, or the end of the session
 *                                                               ▼
 *                                                             absent
 *
 * The old id alone is as good as none (OWASP ASVS 7.2.4): it leads to the session together with the device cookie of the browser
 * (`accounts/known-devices.ts`) only. And only a request that resumes an interaction gets a cookie with the new id; any other request is
 * answered, and its browser keeps the cookie that it has by then. An id is moved for one account only: what was stored before a person
 * signed in does not lead to the session (session fixation, CWE-384).
 *
 * The record is no session for versions that do not know it: the engine reads none of its `format`.
 */
export const MOVED_LIFETIME = 30;

const MOVED = 'moved';

/** Longer chains do not occur: a request takes one step, and 30 seconds are short. */
const MAX_MOVES = 8;

/** @param device token of the browser; without one, the old id leads to the session only for requests that have read it before */
export function movedSession(to: string, device: string | undefined): Payload {
  return { format: MOVED, movedTo: to, ...(device !== undefined && { device: digestOf(device) }) };
}

export function isMoved(payload: Payload): payload is Payload & { movedTo: string; device?: string } {
  return payload.format === MOVED && typeof payload.movedTo === 'string';
}

export interface CurrentSession {
  /** Differs from the id that was asked for when the session was moved. */
  id: string;
  payload: Payload;
  version: Version;
}

type ReadSession = (id: string) => Promise<VersionedArtifact>;

/** The device token of the browser that has sent the id of a session; `read` for a request that has read the session under it. */
type Proof = { device: string | undefined } | 'read';

/** @returns undefined for a session that does not exist, has expired or was ended */
export async function currentSession(
  read: ReadSession,
  id: string,
  proof: Proof,
): Promise<CurrentSession | undefined> {
  let [current, { payload, version }] = [id, await read(id)];
  for (let moves = 0; moves < MAX_MOVES; moves += 1) {
    if (payload === undefined || payload.consumed !== undefined) return undefined;
    if (!isMoved(payload)) return { id: current, payload, version };
    if (proof !== 'read' && (proof.device === undefined || digestOf(proof.device) !== payload.device))
      return undefined;
    current = payload.movedTo;
    ({ payload, version } = await read(current));
  }
  return undefined;
}

/** The same for what was found by the uid of a session. */
export async function sessionWithUid(
  { payload, version }: VersionedArtifact,
  read: ReadSession,
): Promise<CurrentSession | undefined> {
  if (payload === undefined || payload.consumed !== undefined) return undefined;
  if (isMoved(payload)) return await currentSession(read, payload.movedTo, 'read');
  return { id: payload.jti as string, payload, version };
}

function digestOf(device: string): string {
  return hash('sha256', device, 'base64url');
}
