import { ACCOUNT, type AuditEventKind, HOLDER, UNPROVEN_PERSON } from './event-kind.ts';

/** Sign-ins and their steps. `methods` in the detail: what the person has passed. */
export const SIGN_IN_EVENTS = {
  'login.succeeded': {
    meaning: 'A person signed in; methods: with what.',
    outcome: 'success',
    actor: HOLDER,
    target: ACCOUNT,
  },
  'login.failed': {
    meaning:
      'A sign-in failed: reason unknown (no such username or email address), wrong_password, locked or disabled. method: where it was no password.',
    outcome: 'failure',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'login.limited': {
    meaning: 'A sign-in was rejected because too many from its network had failed.',
    outcome: 'failure',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'login.stepped_up': {
    meaning: 'A person who was signed in used a second factor, for a request that needed it.',
    outcome: 'success',
    actor: HOLDER,
    target: ACCOUNT,
  },
  'factor.passed': {
    meaning: 'A person passed the second factor of a sign-in (method).',
    outcome: 'success',
    actor: HOLDER,
    target: ACCOUNT,
  },
} as const satisfies Record<string, AuditEventKind>;
