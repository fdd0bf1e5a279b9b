import { MFA_MODES, type MfaMode } from '../../config/authentication-context.ts';
import { groupsIn } from '../../clients/group-access.ts';
import type { Account } from '../accounts.ts';

/** Who needs a second factor: the strictest of what the configuration says of everybody, of the groups of the account, and of the client. */
export interface MfaSettings {
  readonly mode: MfaMode;
  /** Members need a second factor. */
  readonly groups: readonly string[];
}

/** @param ofClient the client metadata `mfa` */
export function mfaPolicy(
  { mode, groups }: MfaSettings,
  account: Pick<Account, 'claims'>,
  ofClient: MfaMode | undefined,
): MfaMode {
  const isMember = groupsIn(account.claims).some((group) => groups.includes(group));
  return strictest(mode, isMember ? 'required' : 'off', ofClient ?? 'off');
}

function strictest(...modes: readonly MfaMode[]): MfaMode {
  return MFA_MODES[Math.max(...modes.map((mode) => MFA_MODES.indexOf(mode)))] ?? 'required';
}
