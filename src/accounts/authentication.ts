import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { AccountRecord, Store } from '../store/store.ts';
import { type Account, toAccount } from './accounts.ts';
import type { KnownDevices } from './known-devices.ts';
import { createLoginProtection, type LockInfo, type PasswordAttempt } from './login-protection.ts';
import type { RefusalTime } from './refusal-time.ts';
import { findBySignInName } from './sign-in-name.ts';
import { MAX_PASSWORD_BYTES, unlessQueueIsFull, type Passwords } from './credentials/password.ts';

/**
 * Checks a username or email address (`sign-in-name.ts`) and a password. Every endpoint that takes a password must use this, so that all share
 * the protection against guessing. The caller records the audit events, and remembers the device when the sign-in is complete.
 */
export interface Authentication {
  /**
   * Unknown name, wrong password, account without a password, disabled and locked account: the same result after the same work. Where
   * accounts were imported with hashes of other costs, after the same time (`refusal-time.ts`).
   */
  signIn(attempt: SignInAttempt): Promise<SignIn>;
}

export interface SignInAttempt {
  /** As typed: a username or an email address. */
  username: string;
  password: string;
  /** From `networkOf`; attempts from one network are counted together. */
  network: string;
  /** Device token of the browser, if it has one. */
  device?: string | undefined;
}

export type SignIn =
  | { outcome: 'succeeded'; account: Account }
  | ({
      outcome: 'refused';
      /** The lock that this attempt triggered, for the audit trail. */
      locked?: LockInfo | undefined;
    } & Failure)
  /** The network is blocked for all accounts. `retryAfter`: seconds. */
  | { outcome: 'limited'; retryAfter: number }
  /** Too many passwords are waiting to be checked. */
  | { outcome: 'busy' };

/** For the audit trail only: the person must not learn the reason. */
export type FailureReason = 'unknown' | 'wrong_password' | 'locked' | 'disabled';

interface Failure {
  reason: FailureReason;
  /** Absent when the name is that of no account. */
  accountId?: string;
}

export function createAuthentication(options: {
  store: Pick<Store, 'accounts' | 'counters'>;
  devices: Pick<KnownDevices, 'isKnown'>;
  passwords: Pick<Passwords, 'hash' | 'verify'>;
  settings: Config['loginProtection'];
  clock: Clock;
  /** Absent: refused sign-ins are answered at once. */
  refusalTime?: RefusalTime | undefined;
}): Authentication {
  const { store, devices, passwords, settings, clock, refusalTime } = options;
  const protection = createLoginProtection({ counters: store.counters, limits: settings, clock });

  /** Returns the account if the password is correct, also for the account as it is after the wait in the queue. */
  async function verify(
    record: AccountRecord | undefined,
    password: string,
    attempt: PasswordAttempt,
  ): Promise<AccountRecord | Failure> {
    const hash = record?.disabled === true ? undefined : record?.passwordHash;
    const { valid, outdated, startedAt } = await passwords.verify(hash, password, attempt);
    if (!valid || record === undefined) {
      await refusalTime?.reached(startedAt);
      return failureOf(record, attempt);
    }
    // When the queue is full, the next sign-in tries again.
    const rehashed = outdated ? await unlessQueueIsFull(() => passwords.hash(password)) : undefined;
    // The hash may have waited for seconds. The account may have been disabled, or its password changed, in that time.
    const current = await store.accounts.find(record.id);
    if (current === undefined || current.disabled) return failureOf(current, attempt);
    if (current.passwordHash !== hash) return await verify(current, password, attempt);
    if (rehashed !== undefined) {
      // Keeps a password that was set in the meantime.
      await store.accounts.update(record.id, (latest) =>
        latest.passwordHash === hash ? { passwordHash: rehashed } : undefined,
      );
    }
    return current;
  }

  async function check({ username, password, network, device }: SignInAttempt): Promise<SignIn> {
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
      return { outcome: 'refused', reason: 'wrong_password' };
    const record = await findBySignInName(store, username);
    const isKnown = await devices.isKnown(device, record);
    const origin = { network, device: isKnown ? device : undefined };
    const attempt = await protection.begin(record, username, origin);
    if (attempt.retryAfter !== undefined) return { outcome: 'limited', retryAfter: attempt.retryAfter };
    const account = await verify(record, password, attempt);
    if ('reason' in account) {
      return { outcome: 'refused', ...account, locked: record === undefined ? undefined : attempt.locked };
    }
    await attempt.succeeded();
    return { outcome: 'succeeded', account: toAccount(account) };
  }

  return {
    signIn: async (attempt) => (await unlessQueueIsFull(() => check(attempt))) ?? { outcome: 'busy' },
  };
}

function failureOf(record: AccountRecord | undefined, { admitted }: PasswordAttempt): Failure {
  if (record === undefined) return { reason: 'unknown' };
  const { id: accountId, disabled } = record;
  if (disabled) return { accountId, reason: 'disabled' };
  return { accountId, reason: admitted ? 'wrong_password' : 'locked' };
}
