/** The event types of the audit trail. A type is never renamed: dashboards and alerts depend on it. */
export const AUDIT_EVENTS = {
  'login.succeeded': 'A person signed in.',
  'login.failed': 'A sign-in failed: reason unknown (no such username), wrong_password, locked or disabled.',
  'login.limited': 'A sign-in was rejected because too many from its network had failed.',
  'consent.granted': 'A person consented to the request of a client.',
  'consent.denied': 'A person denied the request of a client.',
  'consent.withdrawn': 'Consent was withdrawn from a client; its grants of the account were revoked.',
  'token.issued': 'Tokens were issued to a client.',
  'token.repeated': 'A refresh token was repeated within the replay window and got the same response.',
  'token.revoked': 'A token or grant was revoked on request.',
  'token.reused': 'An authorization code or refresh token was reused; its grant was revoked.',
  'session.ended': 'A person signed out.',
  'session.revoked':
    'A session was ended by command or from another device; its grants and refresh tokens were revoked.',
  'client.authentication_failed': 'A client failed to authenticate.',
  'client.added': 'A client was added.',
  'client.changed': 'The metadata or the declared secret of a client changed.',
  'client.removed': 'A client was removed.',
  'client.secret_rotated': 'The secret of a client was rotated.',
  'account.added': 'An account was added.',
  'account.changed': 'The claims of an account changed.',
  'account.password_set': 'The password of an account was set; its sessions and tokens were revoked.',
  'account.disabled': 'An account was disabled; its sessions and tokens were revoked.',
  'account.enabled': 'A disabled account was enabled.',
  'account.locked':
    'An account was locked after too many wrong passwords: for one network, one device or all new devices, until a time.',
  'account.unlocked': 'The failed attempts of an account were reset.',
  'account.signed_out': 'All sessions and tokens of an account were revoked.',
  'account.removed': 'An account was removed; its sessions and tokens were revoked.',
  'key.announced': 'A signing key was generated and is published.',
  'key.promoted': 'An announced key was promoted to sign before its time.',
  'key.withdrawn': 'A signing key was withdrawn before its time.',
  'keys.read': 'A reader fetched the published keys for the first time since they changed.',
} as const;

export type AuditEventType = keyof typeof AUDIT_EVENTS;
