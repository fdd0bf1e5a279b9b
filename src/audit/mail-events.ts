import { SYSTEM } from './actors.ts';
import { ACCOUNT, type AuditEventKind } from './event-kind.ts';

/** Mails to people. */
export const MAIL_EVENTS = {
  'mail.sent': {
    meaning: 'A mail was handed to the mail server.',
    outcome: 'success',
    actor: SYSTEM,
    target: ACCOUNT,
  },
  'mail.failed': {
    meaning: 'A mail could not be sent; reason says why.',
    outcome: 'failure',
    actor: SYSTEM,
    target: ACCOUNT,
  },
  'mail.limited': {
    meaning:
      'A mail was not sent, because there were too many of its kind to the address or about the account in an hour. Recorded once.',
    outcome: 'failure',
    actor: SYSTEM,
    target: ACCOUNT,
  },
} as const satisfies Record<string, AuditEventKind>;
