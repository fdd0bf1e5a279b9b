import { ACR, type Acr, type MfaMode } from './authentication-context.ts';
import { relyingParty } from './relying-party.ts';

/** What this configuration lets people reach: `acr_values_supported`. */
export function reachableAcrValues(
  config: Parameters<typeof relyingParty>[0] & { mfa: { mode: MfaMode; groups: readonly string[] } },
): Acr[] {
  const { mode, groups } = config.mfa;
  return [
    ACR.password,
    ...(mode === 'off' && groups.length === 0 ? [] : [ACR.mfa]),
    ...(relyingParty(config) === undefined ? [] : [ACR.passkey]),
  ];
}
