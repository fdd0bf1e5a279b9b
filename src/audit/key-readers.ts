import { createHash } from 'node:crypto';
import type { AuditStore } from '../store/store.ts';
import type { Audit } from './audit.ts';

/**
 * Who has read the published keys: one event for each reader and set of keys, not one for each request. A reader is an address with a user
 * agent, which is as much as an anonymous endpoint can know; only a digest of both is kept.
 */

/** Readers that one process tells of for one set of keys: enough to see a rotation get around, and no way to flood the trail. */
const MOST_READERS = 1000;

/** Seconds before an announcement in which whoever read the keys counts as a reader. */
const KNOWN = 86_400;

export function keyReaders(audit: Pick<Audit, 'record'>) {
  let etag = '';
  let seen = new Set<string>();
  return ({ ip, userAgent }: { ip: string; userAgent: string }, keys: { etag: string }): void => {
    if (keys.etag !== etag) {
      etag = keys.etag;
      seen = new Set();
    }
    if (seen.size >= MOST_READERS) return;
    const reader = createHash('sha256').update(`${ip}\n${userAgent}`).digest('base64url').slice(0, 16);
    if (seen.has(reader)) return;
    seen.add(reader);
    audit.record({ type: 'keys.read', detail: { reader } });
  };
}

/** How far a key that was announced has got around. */
export interface Adoption {
  /** Distinct readers that have fetched the keys since it was announced. */
  adopted: number;
  /** Distinct readers there are: those, and who read the keys in the day before. */
  readers: number;
}

/** @param announcedAt epoch seconds */
export async function adoption(audit: AuditStore, announcedAt: number): Promise<Adoption> {
  const events = await audit.list({
    type: 'keys.read',
    since: (announcedAt - KNOWN) * 1000,
    limit: 100_000,
  });
  const readersOf = (among: typeof events) => new Set(among.map((event) => event.detail?.reader)).size;
  return {
    readers: readersOf(events),
    adopted: readersOf(events.filter((event) => event.at >= announcedAt * 1000)),
  };
}
