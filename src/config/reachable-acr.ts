import { ACR, type Acr, type MfaMode } from './authentication-context.ts';
import { offersEmailSignIn } from './email-sign-in.ts';
import { relyingParty } from './relying-party.ts';

/** What this configuration lets people reach, weakest first: `acr_values_supported`. */
export function reachableAcrValues(
  config: Parameters<typeof relyingParty>[0] &
    Parameters<typeof offersEmailSignIn>[0] & { mfa: { mode: MfaMode; groups: readonly string[] } },
): Acr[] {
  const { mode, groups } = config.mfa;
  return [
    ...(offersEmailSignIn(config) ? [ACR.email] : []),
    ACR.password,
    ...(mode === 'off' && groups.length === 0 ? [] : [ACR.mfa]),
    ...(relyingParty(config) === undefined ? [] : [ACR.passkey]),
  ];
}
