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
 * An id is moved within one sign-in only: what was stored before a person signed in does not lead to the session (session fixation). Only
 * a request that resumes an interaction of its browser gets a cookie with the new id; any other request with the old id is answered, and
 * its browser keeps the cookie that it has by then. The record is no session for versions that do not know it: its `format` is not one
 * that the engine reads.
 */
export const MOVED_LIFETIME = 30;

const MOVED = 'moved';

/** Longer chains do not occur: a request takes one step, and 30 seconds are short. */
const MAX_MOVES = 8;

export function movedSession(to: string): Payload {
  return { format: MOVED, movedTo: to };
}

export function isMoved(payload: Payload): payload is Payload & { movedTo: string } {
  return payload.format === MOVED && typeof payload.movedTo === 'string';
}

export interface CurrentSession {
  /** Differs from the id that was asked for when the session was moved. */
  id: string;
  payload: Payload;
  version: Version;
}

/** @returns undefined for a session that does not exist, has expired or was ended */
export async function currentSession(
  read: (id: string) => Promise<VersionedArtifact>,
  id: string,
): Promise<CurrentSession | undefined> {
  let current = id;
  for (let moves = 0; moves < MAX_MOVES; moves += 1) {
    const { payload, version } = await read(current);
    if (payload === undefined || payload.consumed !== undefined) return undefined;
    if (!isMoved(payload)) return { id: current, payload, version };
    current = payload.movedTo;
  }
  return undefined;
}
