import type { AccountFactors, AccountRecord, EmailChangeRecord } from '../../store/store.ts';

/**
 * An account after a change of its email address was undone: address, username and factors are those of before the change, and there is no
 * password, because the person who has changed the address knew it. What was used since stays used.
 * @returns undefined when the change was undone already
 */
export function restoredAccount(
  current: AccountRecord,
  change: EmailChangeRecord,
  now: number,
): Partial<AccountRecord> | undefined {
  const {
    emailChanges = [],
    recovery: _recovery,
    emailRequest: _emailRequest,
    passwordSetAt: _passwordSetAt,
    deletion,
    ...details
  } = current.details ?? {};
  const index = emailChanges.findIndex(({ id }) => id === change.id);
  if (index === -1) return undefined;
  return {
    username: change.username,
    claims: { ...current.claims, email: change.email, email_verified: true },
    passwordHash: undefined,
    generation: current.generation + 1,
    details: {
      ...details,
      factors: restoredFactors(change.factors, current.details?.factors),
      emailChanges: emailChanges.slice(0, index),
      // Asked for since the change, it is the thief's.
      deletion: deletion !== undefined && deletion.requestedAt < change.at ? deletion : undefined,
    },
    updatedAt: now,
  };
}

/** The factors of before. Those that are still there keep what was counted since: steps of codes, counters of keys, used codes. */
function restoredFactors(
  before: AccountFactors | undefined,
  current: AccountFactors | undefined,
): AccountFactors | undefined {
  if (before === undefined) return undefined;
  const { totp, passkeys, recoveryCodes } = before;
  const isSame = <Factor extends { createdAt: number }>(one: Factor, other: Factor | undefined) =>
    one.createdAt === other?.createdAt;
  return {
    totp: totp !== undefined && isSame(totp, current?.totp) ? current?.totp : totp,
    recoveryCodes:
      recoveryCodes !== undefined && isSame(recoveryCodes, current?.recoveryCodes)
        ? current?.recoveryCodes
        : recoveryCodes,
    passkeys:
      passkeys &&
      Object.fromEntries(
        Object.entries(passkeys).map(([id, passkey]) => {
          const latest = current?.passkeys?.[id];
          return [id, latest !== undefined && latest.publicKey === passkey.publicKey ? latest : passkey];
        }),
      ),
  };
}
