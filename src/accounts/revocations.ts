import { type AccountRecord, type AccountRevocations, sessionHandle } from '../store/store.ts';

/**
 * What was revoked of an account below the level of its generation: single sessions, and the consent to single clients. It is a part of the
 * account, which every use of a session or grant reads, so that one atomic write ends all of it at once, also what a concurrent request
 * writes a moment later.
 *
 *     session: valid ──end──▶ ended, and every grant made in it; the entry outlives them
 *     client:  withdrawal n ──consent──▶ grants and consent with number n ──withdraw──▶ void, the number is n + 1
 */
type Revocable = Pick<AccountRecord, 'revocations'>;

/**
 * Entries that an account keeps, because every request of the account reads them. When one is dropped for this, the store has destroyed the
 * session and revoked its grants long before.
 */
const MAX_ENDED_SESSIONS = 200;

/** @returns epoch seconds; undefined for a session that was not ended by its handle */
export function sessionEndedAt({ revocations }: Revocable, uid: string | undefined): number | undefined {
  const ended = revocations?.sessions;
  return ended === undefined || uid === undefined ? undefined : ended[sessionHandle(uid)]?.at;
}

export function isSessionEnded(account: Revocable, uid: string | undefined): boolean {
  return sessionEndedAt(account, uid) !== undefined;
}

/** When a session was ended by its handle last, in epoch seconds; 0 for none that is still known. */
export function lastSessionEnd({ revocations }: Revocable): number {
  return Math.max(0, ...Object.values(revocations?.sessions ?? {}).map(({ at }) => at));
}

/** @param until epoch seconds; no grant of the session is valid after that */
export function endSession(
  { revocations }: Revocable,
  handle: string,
  { now, until }: { now: number; until: number },
): AccountRevocations {
  const kept = Object.entries(revocations?.sessions ?? {})
    .filter(([other, ended]) => other !== handle && ended.until > now)
    .toSorted(([, a], [, b]) => b.at - a.at)
    .slice(0, MAX_ENDED_SESSIONS - 1);
  return { ...revocations, sessions: Object.fromEntries([...kept, [handle, { at: now, until }]]) };
}

/** The number that grants and consents get; a later withdrawal has a higher one. */
export function withdrawalsOf({ revocations }: Revocable): number {
  return revocations?.withdrawals ?? 0;
}

/**
 * Whether a grant or consent was given before consent was withdrawn from the client.
 * @param instance of the client
 * @param given `withdrawals`: the number at that time, undefined for what a version before 0.2 wrote; that has only `iat`, if at all
 */
export function isWithdrawn(
  { revocations }: Revocable,
  instance: string,
  given: { withdrawals?: number | undefined; iat?: number | undefined },
): boolean {
  const withdrawal = revocations?.clients?.[instance];
  if (withdrawal === undefined) return false;
  if (given.withdrawals !== undefined) return given.withdrawals < withdrawal.number;
  return (given.iat ?? 0) <= withdrawal.at;
}

/** @param until epoch seconds; no grant and no consent that was given before is valid after that */
export function withdrawConsent(
  { revocations }: Revocable,
  instance: string,
  { now, until }: { now: number; until: number },
): AccountRevocations {
  const number = withdrawalsOf({ revocations }) + 1;
  const kept = Object.entries(revocations?.clients ?? {}).filter(([, withdrawal]) => withdrawal.until > now);
  const clients = Object.fromEntries([...kept, [instance, { number, at: now, until }]]);
  return { ...revocations, withdrawals: number, clients };
}
