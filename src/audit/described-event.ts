import type { AuditActor, AuditEvent, AuditTarget } from '../store/store.ts';
import { AUDIT_EVENTS, type AuditEventKind, type AuditOutcome, type Implied } from './events.ts';

/** An event with everything that its type implies. Of a type that only a newer version knows, nothing is implied. */
export interface DescribedEvent extends AuditEvent {
  outcome?: AuditOutcome;
}

export function describeEvent(event: AuditEvent): DescribedEvent {
  const { at, type, actor = impliedActor(event), target = impliedTarget(event), ...facts } = event;
  const outcome = kindOf(type)?.outcome;
  return {
    at,
    type,
    ...(outcome && { outcome }),
    ...(actor && { actor }),
    ...(target && { target }),
    ...facts,
  };
}

function impliedActor(event: AuditEvent): AuditActor | undefined {
  const actor = kindOf(event.type)?.actor;
  const implied = actor !== undefined && 'formerly' in actor ? actor.formerly : actor;
  return implied && resolve(implied, event);
}

function impliedTarget(event: AuditEvent): AuditTarget | undefined {
  const implied = kindOf(event.type)?.target;
  return implied && resolve(implied, event);
}

function kindOf(type: string): AuditEventKind | undefined {
  const kinds: Readonly<Record<string, AuditEventKind>> = AUDIT_EVENTS;
  return Object.hasOwn(kinds, type) ? kinds[type] : undefined;
}

function resolve<Kind>(
  { kind, id: member, via }: Implied<Kind>,
  { accountId, clientId, detail }: AuditEvent,
): { kind: Kind; id?: string; via?: NonNullable<AuditActor['via']> } {
  const members: Readonly<Record<string, unknown>> = { ...detail, accountId, clientId };
  const id = member && members[member];
  return { kind, ...(typeof id === 'string' && { id }), ...(via && { via }) };
}
