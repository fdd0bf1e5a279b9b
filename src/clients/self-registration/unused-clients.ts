import type { ActorAudit } from '../../audit/audit.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { ClientRecord, ClientStore } from '../../store/store.ts';

/** Removes clients that registered themselves and were not used for a time, so that registrations do not grow for ever. */

/** Of a client that was never used: it gave up, or was one of a flood. Seconds. */
const NEVER_USED_LIFETIME = 7 * 86_400;

/** Seconds between two passes over all clients. */
const INTERVAL = 3600;

export interface UnusedClientOptions {
  clients: Pick<ClientStore, 'find' | 'list' | 'remove'>;
  audit: ActorAudit;
  clock: Clock;
  /** Seconds. */
  unusedAfter: number;
}

/**
 * Every process may run it: a client is removed, and its removal recorded, once.
 * @returns looks at up to `limit` clients; `limit` when there may be more to look at now
 */
export function createUnusedClientSweep({
  clients,
  audit,
  clock,
  unusedAfter,
}: UnusedClientOptions): (limit: number) => Promise<number> {
  let after: string | undefined;
  let dueAt = 0;
  const isUnused = ({ registration, createdAt }: ClientRecord, now: number): boolean => {
    const { lastUsedAt } = registration ?? {};
    return lastUsedAt === undefined
      ? now - createdAt >= Math.min(unusedAfter, NEVER_USED_LIFETIME)
      : now - lastUsedAt >= unusedAfter;
  };
  return async (limit) => {
    const now = nowInSeconds(clock);
    if (now < dueAt) return 0;
    const page = await clients.list({ source: 'registered', after, limit });
    for (const { id } of page.filter((client) => isUnused(client, now))) {
      // Read again: it may have been used or accepted since.
      const current = await clients.find(id);
      if (current?.source !== 'registered' || !isUnused(current, now)) continue;
      if (await clients.remove(id)) {
        audit.record({ type: 'client.removed', clientId: id, detail: { reason: 'unused' } });
      }
    }
    after = page.at(-1)?.id;
    if (after === undefined) dueAt = now + INTERVAL;
    return after === undefined ? 0 : limit;
  };
}
