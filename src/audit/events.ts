import { SYSTEM } from './actors.ts';
import {
  ACCOUNT,
  type AuditEventKind,
  CLIENT,
  CONSENT,
  HOLDER,
  JOB,
  KEY,
  type Named,
  OPERATOR,
  TOKEN,
  UNPROVEN_CLIENT,
} from './event-kind.ts';
import { FACTOR_EVENTS } from './factor-events.ts';
import { GROUP_EVENTS } from './group-events.ts';
import { MAIL_EVENTS } from './mail-events.ts';
import { RECOVERY_EVENTS } from './recovery-events.ts';
import { SIGN_IN_EVENTS } from './sign-in-events.ts';
import { SIGN_UP_EVENTS } from './sign-up-events.ts';

export { AUDIT_OUTCOMES, type AuditEventKind, type AuditOutcome, type Implied } from './event-kind.ts';

/**
 * The event types of the audit trail. A type is never renamed: dashboards and alerts depend on it.
 *
 * Actor and target of a type are part of the stored format, because events that do not name them have those of this table: it saves their
 * space and the work for them in every token request. A type may get an actor of the kind `Named` later; `formerly` is then what it was.
 */
export const AUDIT_EVENTS = {
  ...SIGN_IN_EVENTS,
  'consent.granted': {
    meaning: 'A person consented to the request of a client.',
    outcome: 'success',
    actor: HOLDER,
    target: CONSENT,
  },
  'consent.denied': {
    meaning: 'A person denied the request of a client.',
    outcome: 'failure',
    actor: HOLDER,
    target: CONSENT,
  },
  'consent.withdrawn': {
    meaning: 'Consent was withdrawn from a client; its grants of the account were revoked.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: CONSENT,
  },
  'token.issued': {
    meaning: 'Tokens were issued to a client.',
    outcome: 'success',
    actor: CLIENT,
    target: TOKEN,
  },
  'token.repeated': {
    meaning: 'A refresh token was repeated within the replay window and got the same response.',
    outcome: 'success',
    actor: CLIENT,
    target: TOKEN,
  },
  'token.revoked': {
    meaning: 'A token or grant was revoked on request.',
    outcome: 'success',
    // By its client, or by a sign-out.
    actor: { formerly: undefined },
    target: { kind: 'token', id: 'jti' },
  },
  'token.reused': {
    meaning: 'An authorization code or refresh token was reused; its grant was revoked.',
    outcome: 'failure',
    actor: CLIENT,
    target: { kind: 'grant' },
  },
  'session.ended': {
    meaning: 'A person signed out.',
    outcome: 'success',
    actor: { formerly: HOLDER },
    target: { kind: 'session', id: 'named' },
  },
  'session.revoked': {
    meaning:
      'A session was ended by command or from another device; its grants and refresh tokens were revoked.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: { kind: 'session', id: 'named' },
  },
  'logout.sent': {
    meaning: 'A client was told through its back channel that a session has ended.',
    outcome: 'success',
    actor: SYSTEM,
    target: CLIENT,
  },
  'logout.failed': {
    meaning: 'A client could not be told through its back channel that a session has ended; reason says why.',
    outcome: 'failure',
    actor: SYSTEM,
    target: CLIENT,
  },
  'job.retried': {
    meaning: 'A job of the outbox was made due at once.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: JOB,
  },
  'job.cancelled': {
    meaning: 'A job of the outbox was removed.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: JOB,
  },
  ...MAIL_EVENTS,
  'client.authentication_failed': {
    meaning: 'A client failed to authenticate.',
    outcome: 'failure',
    actor: UNPROVEN_CLIENT,
    target: CLIENT,
  },
  'client.added': {
    meaning: 'A client was added.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: CLIENT,
  },
  'client.registered': {
    meaning: 'A client registered itself (RFC 7591).',
    outcome: 'success',
    actor: CLIENT,
    target: CLIENT,
  },
  'client.changed': {
    meaning: 'The metadata or the declared secret of a client changed.',
    outcome: 'success',
    actor: { formerly: SYSTEM },
    target: CLIENT,
  },
  'client.removed': {
    meaning: 'A client was removed.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: CLIENT,
  },
  'client.secret_rotated': {
    meaning: 'The secret of a client was rotated.',
    outcome: 'success',
    actor: OPERATOR,
    target: CLIENT,
  },
  'registration_token.added': {
    meaning: 'An initial access token for the registration of clients was made.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: TOKEN,
  },
  'registration_token.removed': {
    meaning: 'An initial access token for the registration of clients was removed.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: TOKEN,
  },
  'account.added': {
    meaning: 'An account was added.',
    outcome: 'success',
    actor: OPERATOR,
    target: ACCOUNT,
  },
  'account.changed': {
    meaning: 'The claims of an account changed.',
    outcome: 'success',
    actor: OPERATOR,
    target: ACCOUNT,
  },
  'account.renamed': {
    meaning: 'The username of an account changed, and possibly claims.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'account.password_set': {
    meaning: 'The password of an account was set; its sessions and tokens were revoked.',
    outcome: 'success',
    actor: OPERATOR,
    target: ACCOUNT,
  },
  'account.exported': {
    meaning: 'A person got a copy of everything that is stored about them.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'account.deletion_requested': {
    meaning:
      'A person asked for the removal of their account; its sessions and tokens were revoked. It is removed at the time in detail.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'account.deletion_cancelled': {
    meaning: 'A person kept the account whose removal they had asked for.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  ...RECOVERY_EVENTS,
  'account.disabled': {
    meaning: 'An account was disabled; its sessions and tokens were revoked.',
    outcome: 'success',
    actor: OPERATOR,
    target: ACCOUNT,
  },
  'account.enabled': {
    meaning: 'A disabled account was enabled.',
    outcome: 'success',
    actor: OPERATOR,
    target: ACCOUNT,
  },
  'account.locked': {
    meaning:
      'An account was locked after too many wrong passwords, or codes (method): for one network, one device or all new devices, until a time.',
    outcome: 'success',
    actor: SYSTEM,
    target: ACCOUNT,
  },
  'account.unlocked': {
    meaning: 'The failed attempts of an account were reset.',
    outcome: 'success',
    actor: OPERATOR,
    target: ACCOUNT,
  },
  'account.signed_out': {
    meaning: 'All sessions and tokens of an account were revoked.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'account.removed': {
    meaning: 'An account was removed; its sessions and tokens were revoked.',
    outcome: 'success',
    actor: OPERATOR,
    target: ACCOUNT,
  },
  ...FACTOR_EVENTS,
  ...GROUP_EVENTS,
  ...SIGN_UP_EVENTS,
  'key.announced': {
    meaning: 'A signing key was generated and is published.',
    outcome: 'success',
    actor: OPERATOR,
    target: KEY,
  },
  'key.promoted': {
    meaning: 'An announced key was promoted to sign before its time.',
    outcome: 'success',
    actor: OPERATOR,
    target: KEY,
  },
  'key.withdrawn': {
    meaning: 'A signing key was withdrawn before its time.',
    outcome: 'success',
    actor: OPERATOR,
    target: KEY,
  },
  'keys.read': {
    meaning: 'A reader fetched the published keys for the first time since they changed.',
    outcome: 'success',
    actor: UNPROVEN_CLIENT,
    target: { kind: 'key' },
  },
} as const satisfies Record<string, AuditEventKind>;

export type AuditEventType = keyof typeof AUDIT_EVENTS;

/** Types whose events must name their actor. */
export type NamedActorType = {
  [Type in AuditEventType]: (typeof AUDIT_EVENTS)[Type]['actor'] extends Named ? Type : never;
}[AuditEventType];
