import {
  type AuthenticatorApp,
  type AuthenticatorAppOptions,
  createAuthenticatorApp,
} from './authenticator-app.ts';
import { createRecoveryCodeSet, type RecoveryCodeSet } from './recovery-code-set.ts';

/**
 * The authenticator app and the recovery codes of an account. Every use changes the account in one compare-and-set, so that a code is accepted
 * once over all processes. This counts no wrong codes (`factor-protection.ts`), and knows no sign-in.
 */
export interface EnrolledFactors extends AuthenticatorApp, RecoveryCodeSet {}

export function createEnrolledFactors(options: AuthenticatorAppOptions): EnrolledFactors {
  return { ...createAuthenticatorApp(options), ...createRecoveryCodeSet(options) };
}
