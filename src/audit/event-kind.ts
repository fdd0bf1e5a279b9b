import type { AuditActor, AuditTarget } from '../store/store.ts';

/** Whether what an event records was done, or was refused or failed. It follows from the type. */
export const AUDIT_OUTCOMES = ['success', 'failure'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/**
 * An actor or target that follows from the event. `id` is the member that has its id, or the member of `detail`, or `named` where only an
 * event that names its target has one; absent where no event has one.
 */
export interface Implied<Kind> {
  readonly kind: Kind;
  readonly id?: 'accountId' | 'clientId' | 'jti' | 'kid' | 'named';
  readonly via?: AuditActor['via'];
}

/** An actor that differs from event to event, so that the recorder names it. */
export interface Named {
  /** The actor in events of versions up to 0.1.1, which name none; undefined where it may have been one of several. */
  readonly formerly: Implied<AuditActor['kind']> | undefined;
}

export interface AuditEventKind {
  readonly meaning: string;
  readonly outcome: AuditOutcome;
  readonly actor: Implied<AuditActor['kind']> | Named;
  readonly target: Implied<AuditTarget['kind']>;
}

export const HOLDER = { kind: 'person', id: 'accountId' } as const;
/** The password of the username was not given. */
export const UNPROVEN_PERSON = { kind: 'person' } as const;
export const CLIENT = { kind: 'client', id: 'clientId' } as const;
export const UNPROVEN_CLIENT = { kind: 'client' } as const;
export const OPERATOR: Named = { formerly: { kind: 'operator', via: 'command' } };

export const ACCOUNT = { kind: 'account', id: 'accountId' } as const;
export const KEY = { kind: 'key', id: 'kid' } as const;
export const TOKEN = { kind: 'token' } as const;
export const CONSENT = { kind: 'consent' } as const;
export const JOB = { kind: 'job', id: 'named' } as const;
