import { ACR, type Acr, type MfaMode } from './authentication-context.ts';
import { offersEmailSignIn } from './email-sign-in.ts';
import { relyingParty } from './relying-party.ts';

interface MfaModes {
  mode: MfaMode;
  groups: Readonly<Record<string, MfaMode>>;
}

/**
 * What this configuration lets people reach, weakest first: `acr_values_supported`.
 * @param ofClient the client metadata `mfa`, for what they reach at one client
 */
export function reachableAcrValues(
  config: Parameters<typeof relyingParty>[0] & Parameters<typeof offersEmailSignIn>[0] & { mfa: MfaModes },
  ofClient?: MfaMode,
): Acr[] {
  return [
    ...(offersEmailSignIn(config) ? [ACR.email] : []),
    ACR.password,
    ...(asksForSecondFactor(config.mfa, ofClient) ? [ACR.mfa] : []),
    ...(relyingParty(config) === undefined ? [] : [ACR.passkey]),
  ];
}

/** Whether some people are asked for a second factor. */
export function asksForSecondFactor({ mode, groups }: MfaModes, ofClient: MfaMode = 'off'): boolean {
  return [mode, ofClient, ...Object.values(groups)].some((each) => each !== 'off');
}
