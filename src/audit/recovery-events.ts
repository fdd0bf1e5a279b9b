import { ACCOUNT, type AuditEventKind, HOLDER, UNPROVEN_PERSON } from './event-kind.ts';

/** The event types of people who get back into their accounts, and of their email addresses: a part of `events.ts`. */
export const RECOVERY_EVENTS = {
  'login.mail_sent': {
    meaning: 'A mail for a sign-in was requested for an account, and sent.',
    outcome: 'success',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'login.mail_refused': {
    meaning:
      'No such mail was sent: reason unknown, disabled, no_address or limited, as for account.reset_refused.',
    outcome: 'failure',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'account.reset_requested': {
    meaning: 'A mail with a link that sets a new password was requested for an account, and sent.',
    outcome: 'success',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'account.reset_refused': {
    meaning:
      'No such mail was sent: reason unknown (no such username or email address), disabled, no_address (none that is verified and of this account alone) or limited.',
    outcome: 'failure',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'account.reset_link_created': {
    meaning: 'A link that sets a new password was made.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'account.email_change_requested': {
    meaning: 'A person asked for another email address, which has to be confirmed.',
    outcome: 'success',
    actor: HOLDER,
    target: ACCOUNT,
  },
  'account.email_changed': {
    meaning: 'The new email address of an account was confirmed.',
    outcome: 'success',
    actor: HOLDER,
    target: ACCOUNT,
  },
  'account.email_change_undone': {
    meaning: 'A change of the email address was undone from the former one, with all that was changed since.',
    outcome: 'success',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'account.recovery_requested': {
    meaning:
      'A person has given the password and cannot use the second factor: a mail with a link was sent, which removes it after a day.',
    outcome: 'success',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'account.recovery_cancelled': {
    meaning:
      'The removal of a lost second factor was cancelled, by the link or by a sign-in with the factor.',
    outcome: 'success',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'account.recovered': {
    meaning: 'The second factors of an account were removed, with the link and the password.',
    outcome: 'success',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'account.enrolment_link_created': {
    meaning: 'A link was made, after whose use a password alone adds a first factor.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'account.enrolment_link_used': {
    meaning:
      'Such a link was used: the browser may add a first factor for an hour, after a sign-in with the password.',
    outcome: 'success',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
  'account.confirmed': {
    meaning:
      'A person has typed the code that was sent to the email address of the account, into a session with a password alone.',
    outcome: 'success',
    actor: HOLDER,
    target: ACCOUNT,
  },
  'account.confirmation_failed': {
    meaning: 'Such a code was wrong or void, or was not compared after too many attempts.',
    outcome: 'failure',
    actor: HOLDER,
    target: ACCOUNT,
  },
} as const satisfies Readonly<Record<string, AuditEventKind>>;
