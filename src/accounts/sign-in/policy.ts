import { MFA_MODES, type MfaMode } from '../../config/authentication-context.ts';
import { groupsIn } from '../../clients/group-access.ts';
import type { Account } from '../accounts.ts';

/** Who needs a second factor: the strictest of what the configuration says of everybody, of the groups of the account, and of the client. */
export interface MfaSettings {
  readonly mode: MfaMode;
  /** Of the members, by the name of a group. */
  readonly groups: Readonly<Record<string, MfaMode>>;
}

/** @param ofClient the client metadata `mfa` */
export function mfaPolicy(
  { mode, groups }: MfaSettings,
  account: Pick<Account, 'claims'>,
  ofClient: MfaMode | undefined,
): MfaMode {
  const ofGroups = groupsIn(account.claims).map((group) =>
    Object.hasOwn(groups, group) ? groups[group] : 'off',
  );
  return strictest(mode, ...ofGroups, ofClient);
}

function strictest(...modes: readonly (MfaMode | undefined)[]): MfaMode {
  return MFA_MODES[Math.max(...modes.map((mode = 'off') => MFA_MODES.indexOf(mode)))] ?? 'required';
}
