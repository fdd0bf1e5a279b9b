import type { AuditEventType } from '../audit/events.ts';
import type { AuditEvent } from '../store/store.ts';

/**
 * What events of the audit trail say to the person of their account. A new event type is added here or to `OMITTED`: a test compares both
 * with the types that there are.
 */

interface EventText {
  /** Key of a catalogue. Its text may name `app` and the members of `named`. */
  readonly text: string;
  /** Where the event names an application. */
  readonly withApp?: string;
  /** Members of the detail that the text names. */
  readonly named?: readonly string[];
}

const TEXTS: Readonly<Partial<Record<AuditEventType, EventText>>> = {
  'login.succeeded': { text: 'account.events.signedIn', withApp: 'account.events.signedInTo' },
  'login.failed': { text: 'account.events.signInFailed', withApp: 'account.events.signInToFailed' },
  'login.limited': { text: 'account.events.signInLimited' },
  'consent.granted': { text: 'account.events.allowed' },
  'consent.denied': { text: 'account.events.denied' },
  'consent.withdrawn': { text: 'account.events.withdrawn' },
  'session.ended': { text: 'account.events.signedOut' },
  'session.revoked': { text: 'account.events.sessionEnded' },
  'account.added': { text: 'account.events.added' },
  'account.changed': { text: 'account.events.changed' },
  'account.renamed': { text: 'account.events.renamed' },
  'account.password_set': { text: 'account.events.passwordSet' },
  'account.disabled': { text: 'account.events.disabled' },
  'account.enabled': { text: 'account.events.enabled' },
  'account.locked': { text: 'account.events.locked' },
  'account.unlocked': { text: 'account.events.unlocked' },
  'account.signed_out': { text: 'account.events.signedOutEverywhere' },
  'login.stepped_up': { text: 'account.events.steppedUp', withApp: 'account.events.steppedUpFor' },
  'factor.added': { text: 'account.events.factorAdded' },
  'factor.removed': { text: 'account.events.factorRemoved' },
  'factor.failed': { text: 'account.events.factorFailed' },
  'token.reused': { text: 'account.events.tokenReused' },
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
  'key.announced',
  'key.promoted',
  'key.withdrawn',
  'keys.read',
  'mail.sent',
  'mail.failed',
  'mail.limited',
  'factor.passed',
]);

export const SHOWN_TYPES = Object.keys(TEXTS) as AuditEventType[];

/** @param app the name of its application */
export function activityText(
  { type, detail = {} }: AuditEvent,
  app: string | undefined,
): { text: string; values: Record<string, string> } {
  const found = TEXTS[type as AuditEventType];
  if (found === undefined) throw new TypeError(`${type} has no text`);
  const { text, withApp, named = [] } = found;
  const members = named.map((name) => [name, textOf(detail[name])] as const);
  return {
    text: app === undefined ? text : (withApp ?? text),
    values: { ...Object.fromEntries(members), app: app ?? '' },
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
