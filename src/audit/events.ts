/** What the audit trail records. A type is never renamed: dashboards and alerts depend on it. */
export const AUDIT_EVENTS = {
  'login.succeeded': 'Someone signed in.',
  'login.failed':
    'A sign-in was refused: reason unknown (no such username), wrong_password, locked or disabled.',
  'login.limited': 'A sign-in was refused because too many from its network had failed.',
  'consent.granted': 'Someone allowed a client what it asked for.',
  'consent.denied': 'Someone refused a client what it asked for.',
  'token.issued': 'A client was given tokens.',
  'token.repeated': 'A refresh token came again within the replay window and got the same answer.',
  'token.revoked': 'A token or grant was revoked on request.',
  'token.reused':
    'An authorization code or refresh token was used again; everything from its grant was revoked.',
  'session.ended': 'Someone signed out.',
  'client.authentication_failed': 'A client did not prove who it is.',
  'client.added': 'A client was added.',
  'client.changed': 'The metadata or the declared secret of a client changed.',
  'client.removed': 'A client was removed.',
  'client.secret_rotated': 'A client was given a new secret.',
  'account.added': 'An account was added.',
  'account.changed': 'The claims of an account changed.',
  'account.password_set': 'An account was given a new password; its sessions and tokens ended.',
  'account.disabled': 'An account was disabled; its sessions and tokens ended.',
  'account.enabled': 'A disabled account was enabled.',
  'account.locked':
    'Too many wrong passwords: where they came from, or on new devices, an account is refused, until a time.',
  'account.unlocked': 'What was counted of wrong passwords for an account was forgotten.',
  'account.removed': 'An account was removed; its sessions and tokens ended.',
  'key.announced': 'A signing key was made and is published.',
  'key.promoted': 'An announced key was made to sign before its time.',
  'key.withdrawn': 'A signing key was withdrawn before its time.',
  'keys.read': 'A reader fetched the published keys for the first time since they changed.',
} as const;

export type AuditEventType = keyof typeof AUDIT_EVENTS;
