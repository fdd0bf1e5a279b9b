import { ACCOUNT, type AuditEventKind, UNPROVEN_PERSON } from './event-kind.ts';

/** Authenticators beside the password: authenticator app (`totp`), `passkey`, `security_key` and `recovery_codes`, as `factor` in the detail. */
export const FACTOR_EVENTS = {
  'factor.added': {
    meaning:
      'An authenticator app (totp), a passkey, a security key or recovery codes were added to an account; replaced where they took the place of others.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'factor.removed': {
    meaning:
      'An authenticator app, a passkey, a security key or the recovery codes of an account were removed.',
    outcome: 'success',
    actor: { formerly: undefined },
    target: ACCOUNT,
  },
  'factor.failed': {
    meaning:
      'A second factor was not accepted: reason wrong (also a code that was used), locked, or counter (a copied key).',
    outcome: 'failure',
    actor: UNPROVEN_PERSON,
    target: ACCOUNT,
  },
} as const satisfies Record<string, AuditEventKind>;
