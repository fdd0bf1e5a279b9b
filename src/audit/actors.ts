import type { AuditActor } from '../store/store.ts';

/** The actors of events that name theirs. An operator is named by the command or API. */

export const SYSTEM = { kind: 'system' } as const satisfies AuditActor;

export function personActor(accountId: string | undefined): AuditActor {
  return { kind: 'person', id: accountId };
}

export function clientActor(clientId: string | undefined): AuditActor {
  return { kind: 'client', id: clientId };
}
