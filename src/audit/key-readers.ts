import { createHash } from 'node:crypto';
import type { AuditStore } from '../store/store.ts';
import type { Audit } from './audit.ts';

/**
 * Adoption of published keys: one audit event per reader and key set, not per request. A reader is an IP address with a user agent,
 * which is all that an anonymous endpoint can observe; only a digest of both is stored.
 */

/** Readers recorded per process and key set: enough to follow a rotation, and a bound on the events that anyone can cause. */
const MAX_READERS = 1000;

/** Seconds before an announcement: readers of that time are expected to fetch the new key. */
const PRIOR_PERIOD = 86_400;

/** Returns a function that records a reader at its first request since the key set changed. */
export function createKeyReaderLog(audit: Pick<Audit, 'record'>) {
  let etag = '';
  let seen = new Set<string>();
  return ({ ip, userAgent }: { ip: string; userAgent: string }, keys: { etag: string }): void => {
    if (keys.etag !== etag) {
      etag = keys.etag;
      seen = new Set();
    }
    if (seen.size >= MAX_READERS) return;
    const reader = createHash('sha256').update(`${ip}\n${userAgent}`).digest('base64url').slice(0, 16);
    if (seen.has(reader)) return;
    seen.add(reader);
    audit.record({ type: 'keys.read', detail: { reader } });
  };
}

/** How many readers have fetched an announced key. */
export interface Adoption {
  /** Distinct readers that have fetched the keys since the announcement. */
  adopted: number;
  /** Those, and the distinct readers of the day before the announcement. */
  readers: number;
}

/** @param announcedAt epoch seconds */
export async function readAdoption(audit: AuditStore, announcedAt: number): Promise<Adoption> {
  const events = await audit.list({
    type: 'keys.read',
    since: (announcedAt - PRIOR_PERIOD) * 1000,
    limit: 100_000,
  });
  const readersOf = (among: typeof events) => new Set(among.map((event) => event.detail?.reader)).size;
  return {
    readers: readersOf(events),
    adopted: readersOf(events.filter((event) => event.at >= announcedAt * 1000)),
  };
}
