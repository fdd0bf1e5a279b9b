import { ACR, type Acr, type MfaMode } from './authentication-context.ts';
import { offersEmailSignIn } from './email-sign-in.ts';
import { relyingParty } from './relying-party.ts';

/**
 * What this configuration lets people reach, weakest first: `acr_values_supported`.
 * @param ofClient the client metadata `mfa`, for what they reach at one client
 */
export function reachableAcrValues(
  config: Parameters<typeof relyingParty>[0] &
    Parameters<typeof offersEmailSignIn>[0] & { mfa: { mode: MfaMode; groups: readonly string[] } },
  ofClient?: MfaMode,
): Acr[] {
  const { mode, groups } = config.mfa;
  const hasSecondFactor = mode !== 'off' || groups.length > 0 || (ofClient ?? 'off') !== 'off';
  return [
    ...(offersEmailSignIn(config) ? [ACR.email] : []),
    ACR.password,
    ...(hasSecondFactor ? [ACR.mfa] : []),
    ...(relyingParty(config) === undefined ? [] : [ACR.passkey]),
  ];
}
