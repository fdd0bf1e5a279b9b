import type { AuditEventType } from '../audit/events.ts';
import type { Message } from '../messages/messages.ts';
import type { AuditEvent } from '../store/store.ts';

/**
 * What events of the audit trail say to the person of their account. A new event type is added here or to `OMITTED`: a test compares both
 * with the types that there are.
 */

interface EventText {
  /** Its text may name `app`. */
  readonly key: string;
  /** Where the event names an application. */
  readonly withApp?: string;
  /** Where the event names a factor. */
  readonly withFactor?: string;
}

const TEXTS: Readonly<Partial<Record<AuditEventType, EventText>>> = {
  'login.succeeded': { key: 'account.events.signedIn', withApp: 'account.events.signedInTo' },
  'login.failed': { key: 'account.events.signInFailed', withApp: 'account.events.signInToFailed' },
  'login.limited': { key: 'account.events.signInLimited' },
  'consent.granted': { key: 'account.events.allowed' },
  'consent.denied': { key: 'account.events.denied' },
  'access.denied': { key: 'account.events.accessDenied' },
  'group.member_added': { key: 'account.events.groupJoined' },
  'group.member_removed': { key: 'account.events.groupLeft' },
  'consent.withdrawn': { key: 'account.events.withdrawn' },
  'session.ended': { key: 'account.events.signedOut' },
  'session.revoked': { key: 'account.events.sessionEnded' },
  'account.added': { key: 'account.events.added' },
  'account.changed': { key: 'account.events.changed' },
  'account.renamed': { key: 'account.events.renamed' },
  'account.password_set': { key: 'account.events.passwordSet' },
  'login.mail_sent': { key: 'recovery.events.mailSent' },
  'account.reset_requested': { key: 'recovery.events.resetRequested' },
  'account.reset_link_created': { key: 'recovery.events.resetLinkCreated' },
  'account.email_change_requested': { key: 'recovery.events.emailChangeRequested' },
  'account.email_changed': { key: 'recovery.events.emailChanged' },
  'account.email_change_undone': { key: 'recovery.events.emailChangeUndone' },
  'account.recovery_requested': { key: 'recovery.events.recoveryRequested' },
  'account.recovery_cancelled': { key: 'recovery.events.recoveryCancelled' },
  'account.recovered': { key: 'recovery.events.recovered' },
  'account.enrolment_link_created': { key: 'recovery.events.enrolmentLinkCreated' },
  'account.enrolment_link_used': { key: 'recovery.events.enrolmentLinkUsed' },
  'account.confirmed': { key: 'recovery.events.confirmed' },
  'account.confirmation_failed': { key: 'recovery.events.confirmationFailed' },
  'account.exported': { key: 'account.events.exported' },
  'account.deletion_requested': { key: 'account.events.deletionRequested' },
  'account.deletion_cancelled': { key: 'account.events.deletionCancelled' },
  'account.disabled': { key: 'account.events.disabled' },
  'account.enabled': { key: 'account.events.enabled' },
  'account.locked': { key: 'account.events.locked' },
  'account.unlocked': { key: 'account.events.unlocked' },
  'account.signed_out': { key: 'account.events.signedOutEverywhere' },
  'login.stepped_up': { key: 'account.events.steppedUp', withApp: 'account.events.steppedUpFor' },
  'factor.added': { key: 'account.events.factorAdded', withFactor: 'account.events.factorAddedNamed' },
  'factor.removed': { key: 'account.events.factorRemoved', withFactor: 'account.events.factorRemovedNamed' },
  'factor.failed': { key: 'account.events.factorFailed' },
  'terms.accepted': { key: 'account.events.termsAccepted' },
  'token.reused': { key: 'account.events.tokenReused' },
};

/** Those that do not concern a person, happen with every use of an application, or end the account. */
export const OMITTED: ReadonlySet<AuditEventType> = new Set([
  'token.issued',
  'token.repeated',
  'token.revoked',
  'logout.sent',
  'logout.failed',
  'job.retried',
  'job.cancelled',
  'client.authentication_failed',
  'client.added',
  'client.registered',
  'client.changed',
  'client.removed',
  'client.secret_rotated',
  'registration_token.added',
  'registration_token.removed',
  'account.removed',
  'account.reset_refused',
  'login.mail_refused',
  'key.announced',
  'key.promoted',
  'key.withdrawn',
  'keys.read',
  'mail.sent',
  'mail.failed',
  'mail.limited',
  'group.added',
  'group.renamed',
  'group.removed',
  'factor.passed',
  'sign_up.requested',
  'invitation.added',
  'invitation.withdrawn',
]);

/** By the name in the event. */
const FACTORS: ReadonlyMap<unknown, Message> = new Map([
  ['totp', { key: 'authenticator.section' }],
  ['passkey', { key: 'account.methods.passkey' }],
  ['security_key', { key: 'account.methods.key' }],
  ['recovery_codes', { key: 'recoveryCodes.section' }],
]);

export const SHOWN_TYPES = Object.keys(TEXTS) as AuditEventType[];

export function isShown({ type }: Pick<AuditEvent, 'type'>): boolean {
  return Object.hasOwn(TEXTS, type);
}

/** @param app the name of its application */
export function activityText(
  { type, detail }: Pick<AuditEvent, 'type' | 'detail'>,
  app: string | undefined,
): Message {
  const found = TEXTS[type as AuditEventType];
  if (found === undefined) throw new TypeError(`${type} has no text`);
  const { key, withApp = key, withFactor } = found;
  const factor = FACTORS.get(detail?.factor);
  if (withFactor !== undefined && factor !== undefined) return { key: withFactor, values: { factor } };
  return app === undefined ? { key } : { key: withApp, values: { app } };
}
