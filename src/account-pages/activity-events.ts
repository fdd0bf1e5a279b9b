import type { AuditEvent, AuditStore } from '../store/store.ts';
import { isShown } from './activity-texts.ts';

/**
 * The events of one page of the activity. Of the events of an account most are tokens, which no page shows; the audit trail is read by
 * account alone and a limited number of events at a time, so that a page takes as long for an account with a million tokens as for others.
 */

const PAGE_SIZE = 25;
const BATCH = 250;
const MAX_READ = 2000;

export interface ActivityEvents {
  events: readonly AuditEvent[];
  /** The next page has what was before; epoch milliseconds. */
  before: number | undefined;
}

/** @param until epoch milliseconds, exclusive */
export async function readEvents(
  audit: Pick<AuditStore, 'list'>,
  accountId: string,
  until: number | undefined,
): Promise<ActivityEvents> {
  let found: AuditEvent[] = [];
  let end = until;
  for (let read = 0; read < MAX_READ && found.length <= PAGE_SIZE; read += BATCH) {
    const batch = await audit.list({ accountId, until: end, limit: BATCH });
    const { events, before } = batch.length < BATCH ? { events: batch, before: undefined } : whole(batch);
    found = found.concat(events.filter(isShown));
    end = before;
    if (before === undefined) break;
  }
  const first = found[PAGE_SIZE];
  if (first === undefined) return { events: found, before: end };
  const { events, before } = whole(found.slice(0, PAGE_SIZE + 1));
  return { events: events.slice(0, PAGE_SIZE), before };
}

/** Events of one millisecond are not parted, because the next page begins at a time. */
function whole(events: readonly AuditEvent[]): { events: readonly AuditEvent[]; before: number } {
  const last = events.at(-1)?.at ?? 0;
  const parted = events.filter(({ at }) => at > last);
  return parted.length > 0 ? { events: parted, before: last + 1 } : { events, before: last };
}
