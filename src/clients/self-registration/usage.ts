import { type Clock, nowInSeconds } from '../../clock.ts';
import type { ClientStore } from '../../store/store.ts';

/**
 * The last use of clients that registered themselves: stored once a day at most, in the background, so that no request waits for it and
 * few writes are made.
 */

const DAY = 86_400;

/** @returns records a use. @param lastUsedAt as stored, epoch seconds */
export function createClientUsage(
  clients: Pick<ClientStore, 'update'>,
  clock: Clock,
): (id: string, lastUsedAt: number | undefined) => void {
  const writing = new Set<string>();
  return (id, lastUsedAt) => {
    const now = nowInSeconds(clock);
    if (isRecent(lastUsedAt, now) || writing.has(id)) return;
    writing.add(id);
    clients
      .update(id, (current) => {
        const { registration } = current;
        if (registration === undefined || isRecent(registration.lastUsedAt, now)) return undefined;
        return { ...current, registration: { ...registration, lastUsedAt: now } };
      })
      // The next use is recorded instead.
      .catch(() => {})
      .finally(() => writing.delete(id));
  };
}

function isRecent(lastUsedAt: number | undefined, now: number): boolean {
  return lastUsedAt !== undefined && now - lastUsedAt < DAY;
}
