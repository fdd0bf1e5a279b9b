import { timeOfTraceId } from '../observability/trace-id.ts';
import type { AuditActor, AuditFilter, AuditStore, AuditTarget } from '../store/store.ts';
import { type DescribedEvent, describeEvent } from './described-event.ts';
import { AUDIT_EVENTS, type AuditEventKind, type AuditOutcome } from './events.ts';

/** Queries of the audit trail, also by what follows from the type of an event: outcome, actor and target. */

export interface AuditSearch extends Omit<AuditFilter, 'type'> {
  type?: string | undefined;
  outcome?: AuditOutcome | undefined;
  actor?: Pick<AuditActor, 'kind' | 'id'> | undefined;
  target?: AuditTarget | undefined;
}

/** Events of a request are searched in this range around the time in its trace id. The clock may be set back during a request. */
const MAX_REQUEST_MS = 60_000;
const MAX_CLOCK_STEP_MS = 5000;

/** Newest first, until the caller has enough. */
export async function* searchEvents(
  audit: Pick<AuditStore, 'search'>,
  search: AuditSearch,
): AsyncGenerator<DescribedEvent> {
  const { actor, target } = search;
  for await (const event of audit.search(storeFilter(search))) {
    const described = describeEvent(event);
    if (isParty(described.actor, actor) && isParty(described.target, target)) yield described;
  }
}

/** What the store can compare. It finds every event of the search, and few others: those are compared here. */
function storeFilter({ type, outcome, actor, target, ...filter }: AuditSearch): AuditFilter {
  const parties = [actor, target];
  return {
    ...filter,
    ...timesOf(filter),
    type: outcome === undefined && actor === undefined && target === undefined ? type : typesOf(),
    // A person acts on their own account, and a client for itself.
    accountId: filter.accountId ?? idOf('person', 'account'),
    clientId: filter.clientId ?? idOf('client'),
  };

  function typesOf(): string[] {
    return Object.entries<AuditEventKind>(AUDIT_EVENTS)
      .filter(
        ([name, kind]) =>
          (type === undefined || name === type) &&
          (outcome === undefined || kind.outcome === outcome) &&
          (actor === undefined || !('kind' in kind.actor) || kind.actor.kind === actor.kind) &&
          (target === undefined || isTargetOf(kind, target)),
      )
      .map(([name]) => name);
  }

  function idOf(...kinds: string[]): string | undefined {
    return parties.find((party) => party?.id !== undefined && kinds.includes(party.kind))?.id;
  }
}

function isTargetOf({ target }: AuditEventKind, { kind, id }: AuditTarget): boolean {
  return target.kind === kind && (id === undefined || target.id !== undefined);
}

/** A trace id has the time of its request (UUID of version 7). */
function timesOf({ traceId, since = 0, until = Infinity }: AuditFilter): AuditFilter {
  const arrived = traceId === undefined ? undefined : timeOfTraceId(traceId);
  if (arrived === undefined) return {};
  return {
    since: Math.max(since, arrived - MAX_CLOCK_STEP_MS),
    until: Math.min(until, arrived + MAX_REQUEST_MS),
  };
}

function isParty(
  party: { kind: string; id?: string | undefined } | undefined,
  wanted: { kind: string; id?: string | undefined } | undefined,
): boolean {
  if (wanted === undefined) return true;
  return party?.kind === wanted.kind && (wanted.id === undefined || party.id === wanted.id);
}
