import type { Config } from '../config/config.ts';
import type { AccountRecord, Store } from '../store/store.ts';
import { type Account, findRecord, toAccount } from './accounts.ts';
import { createKnownDevices } from './known-devices.ts';
import { createLoginProtection, type LockedBy, type PasswordAttempt } from './login-protection.ts';
import { MAXIMUM_PASSWORD_BYTES, PasswordQueueFullError, type Passwords } from './passwords.ts';

/**
 * Finds out who somebody is, by username and password. Every way in that takes a password comes through here, and is protected against
 * guessing alike. Who tried from where is recorded by those who know.
 */
export interface Authentication {
  /**
   * Unknown name, wrong password, no password, disabled account and one that is locked give the same answer after the same work.
   * @throws PasswordQueueFullError
   */
  signIn(attempt: SignInAttempt): Promise<SignIn>;
}

export interface SignInAttempt {
  username: string;
  password: string;
  /** Whose attempts are counted together: see `limits/network.ts`. */
  network: string;
  /** What the browser keeps since it was last signed in with. */
  device?: string | undefined;
}

export type SignIn =
  | {
      outcome: 'succeeded';
      account: Account;
      /** What the browser shall keep. */
      device: string;
    }
  | ({
      outcome: 'refused';
      /** What this attempt locked, for the audit trail. */
      locked?: LockedBy | undefined;
    } & Problem)
  /** `retryAfter`: seconds until this network may try again, whatever the account. */
  | { outcome: 'limited'; retryAfter: number };

/** Why a sign-in was refused, for the audit trail and never for the person. */
export type RefusalReason = 'unknown' | 'wrong_password' | 'locked' | 'disabled';

interface Problem {
  reason: RefusalReason;
  /** Absent where no account has the username. */
  accountId?: string;
}

/** @param options.clock epoch milliseconds */
export function createAuthentication(options: {
  store: Pick<Store, 'accounts' | 'artifacts' | 'counters'>;
  passwords: Pick<Passwords, 'hash' | 'verify'>;
  settings: Config['loginProtection'];
  clock: () => number;
}): Authentication {
  const { store, passwords, settings, clock } = options;
  const protection = createLoginProtection({ counters: store.counters, limits: settings, clock });
  const devices = createKnownDevices({ artifacts: store.artifacts, lifetime: settings.knownDevice, clock });

  /** The next sign-in will do when the queue is full now. */
  async function rehash(password: string): Promise<string | undefined> {
    try {
      return await passwords.hash(password);
    } catch (error) {
      if (error instanceof PasswordQueueFullError) return undefined;
      throw error;
    }
  }

  /** @returns the account when the password is right, also after it has waited for its turn */
  async function verify(
    record: AccountRecord | undefined,
    password: string,
    attempt: PasswordAttempt,
  ): Promise<AccountRecord | Problem> {
    const hash = record?.disabled === true ? undefined : record?.passwordHash;
    const { valid, outdated } = await passwords.verify(hash, password, attempt);
    if (!valid || record === undefined) return refusalOf(record, attempt);
    const rehashed = outdated ? await rehash(password) : undefined;
    // Hashing may have waited in the queue for seconds, in which the account was disabled or got another password.
    const current = await store.accounts.find(record.id);
    if (current === undefined || current.disabled) return refusalOf(current, attempt);
    if (current.passwordHash !== hash) return await verify(current, password, attempt);
    if (rehashed !== undefined) {
      // Not when another password was set in the meantime.
      await store.accounts.update(record.id, (latest) =>
        latest.passwordHash === hash ? { passwordHash: rehashed } : undefined,
      );
    }
    return current;
  }

  return {
    async signIn({ username, password, network, device }) {
      if (Buffer.byteLength(password) > MAXIMUM_PASSWORD_BYTES)
        return { outcome: 'refused', reason: 'wrong_password' };
      const record = await findRecord(store, username);
      const isKnown = await devices.isKnown(device, record);
      const origin = { network, device: isKnown ? device : undefined };
      const attempt = await protection.begin(record, username, origin);
      if (attempt.retryAfter !== undefined) return { outcome: 'limited', retryAfter: attempt.retryAfter };
      const account = await verify(record, password, attempt);
      if ('reason' in account) {
        return { outcome: 'refused', ...account, locked: record === undefined ? undefined : attempt.locked };
      }
      await attempt.succeeded();
      return {
        outcome: 'succeeded',
        account: toAccount(account),
        device: await devices.remember(device, account),
      };
    },
  };
}

function refusalOf(record: AccountRecord | undefined, { admitted }: PasswordAttempt): Problem {
  if (record === undefined) return { reason: 'unknown' };
  const { id: accountId, disabled } = record;
  if (disabled) return { accountId, reason: 'disabled' };
  return { accountId, reason: admitted ? 'wrong_password' : 'locked' };
}
