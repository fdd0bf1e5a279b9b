import { ACCOUNT, type AuditEventKind, HOLDER, UNPROVEN_PERSON } from './event-kind.ts';

/** How people get an account: by themselves or by an invitation, and the terms that they accept. */
export const SIGN_UP_EVENTS = {
  'sign_up.requested': {
    meaning:
      'A link to a new account was requested for an email address; known says whether an account has it, and was told so.',
    outcome: 'success',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'invitation.added': {
    meaning: 'A person was invited to make an account.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'invitation.withdrawn': {
    meaning: 'An open invitation was withdrawn.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'terms.accepted': {
    meaning: 'A person accepted a version of the terms, at a sign-in.',
    outcome: 'success',
    actor: HOLDER,
    target: ACCOUNT,
  },
} as const satisfies Record<string, AuditEventKind>;
