import { type Clock, nowInSeconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Count, CounterStore } from '../store/store.ts';
import { CONSECUTIVE_LIFETIME, subjectName, unlocksKey } from './attempt-subject.ts';

/**
 * Protection against password guessing that gives an attacker no way to lock a person out for long. A table of rules counts failed
 * attempts in the store, for all processes:
 *
 * | key                       | limit         | lock                                             |
 * |---------------------------|---------------|--------------------------------------------------|
 * | account + network         | `oneNetwork`  | the account, for that network                    |
 * | account                   | `allNetworks` | the account, on new devices                      |
 * | account, consecutive      | `inARow`      | the account, on new devices, until reset         |
 * | account + known device    | `oneNetwork`  | the account, on that device                      |
 * | device, consecutive       | `inARow`      | the account, on that device, until reset         |
 * | network, all accounts     | `allAccounts` | the network, for all accounts                    |
 *
 * A locked account gives the same response as a wrong password, after the same work. A known device (`known-devices.ts`) has its own
 * counters, so failures elsewhere do not lock it. A success does not reset the counter of a network: an attacker with an account
 * of their own could otherwise reset it between guesses. The consecutive counters are reset by a success, a new password or an
 * unlock.
 */

/** Where an attempt comes from. */
export interface Origin {
  /** From `networkOf` in `limits/network.ts`. */
  network: string;
  /** Token of a known device of this account. */
  device: string | undefined;
}

/** The scope of a lock, as recorded in the audit trail. */
export type LockScope = 'one network' | 'new devices' | 'new devices until a known one' | 'one device';

export interface LockInfo {
  what: LockScope;
  /** Epoch seconds. */
  until: number;
}

/** One attempt with one password. */
export interface PasswordAttempt {
  /** Seconds until the block of this network ends; undefined when it has none. */
  readonly retryAfter: number | undefined;
  /** Whether the password may be compared. Call it immediately before the comparison. */
  admit(): Promise<boolean>;
  /** Counts a wrong or uncompared password. Call it before the next attempt leaves the queue. */
  failed(): Promise<void>;
  succeeded(): Promise<void>;
  /** The last result of `admit`. */
  readonly admitted: boolean;
  /** The lock that `failed` triggered. */
  readonly locked: LockInfo | undefined;
}

export interface LoginProtection {
  /** @param username as typed; the key when the account does not exist */
  begin(account: ProtectedAccount | undefined, username: string, origin: Origin): Promise<PasswordAttempt>;
  /** Resets the counters of an account, not those of a network. */
  unlock(accountId: string): Promise<void>;
  /** The active locks of an account on new devices. Locks of one device or one network are in the audit trail only. */
  locks(account: ProtectedAccount): Promise<LockInfo[]>;
}

type ProtectedAccount = { id: string; generation: number };

interface Rule {
  key: string;
  limit: number;
  /** Seconds until the counter expires. */
  lifetime: number;
  /** Whether a further failure restarts the lifetime. */
  renews: boolean;
  /** Absent on the rule of the network. */
  locks?: LockScope;
}

export function createLoginProtection(options: {
  counters: CounterStore;
  limits: Limits;
  clock: Clock;
}): LoginProtection {
  const { counters, limits, clock } = options;

  async function begin(
    account: ProtectedAccount | undefined,
    username: string,
    { network, device }: Origin,
  ): Promise<PasswordAttempt> {
    const name = account?.id ?? `unknown ${username}`;
    const ofNetwork = networkRule(network, limits);
    const [failures, unlocks] = await counters.read([ofNetwork.key, unlocksKey(name)]);
    const subject = subjectName(name, account?.generation ?? 0, unlocks);
    const ofAccount = accountRules(subject, account !== undefined, { network, device }, limits);
    const isBlocked = device === undefined && (failures?.count ?? 0) >= ofNetwork.limit;
    return createAttempt(counters, {
      rules: device === undefined ? [...ofAccount, ofNetwork] : ofAccount,
      resetOnSuccess: [consecutiveKey(subject), ...ofAccount.map(({ key }) => key).filter(isConsecutive)],
      retryAfter: isBlocked ? Math.max(1, (failures?.endsAt ?? 0) - nowInSeconds(clock)) : undefined,
    });
  }

  return {
    begin: limits.enabled ? begin : () => Promise.resolve(UNPROTECTED),
    async locks({ id, generation }) {
      if (!limits.enabled) return [];
      const [unlocks] = await counters.read([unlocksKey(id)]);
      const rules = newDeviceRules(subjectName(id, generation, unlocks), true, limits);
      const counts = await counters.read(rules.map(({ key }) => key));
      return rules.flatMap(({ limit, locks }, index) => {
        const { count, endsAt } = counts[index] ?? ZERO;
        return locks !== undefined && count >= limit ? [{ what: locks, until: endsAt }] : [];
      });
    },
    async unlock(accountId) {
      await counters.add([{ key: unlocksKey(accountId), lifetime: CONSECUTIVE_LIFETIME, renews: true }]);
    },
  };
}

function createAttempt(
  counters: CounterStore,
  options: { rules: readonly Rule[]; resetOnSuccess: readonly string[]; retryAfter: number | undefined },
): PasswordAttempt {
  const { rules, resetOnSuccess, retryAfter } = options;
  let admitted = false;
  let locked: LockInfo | undefined;
  return {
    retryAfter,
    get admitted() {
      return admitted;
    },
    get locked() {
      return locked;
    },
    async admit() {
      const counts = await counters.read(rules.map(({ key }) => key));
      admitted = rules.every(({ limit }, index) => (counts[index]?.count ?? 0) < limit);
      return admitted;
    },
    async failed() {
      // Passwords that were not compared have separate counters, so they do not prolong a lock. The number of writes is the same.
      // The network rule, which locks no account, counts every attempt.
      const counts = await counters.add(
        rules.map((rule) =>
          admitted || rule.locks === undefined ? rule : { ...rule, key: `${rule.key} refused` },
        ),
      );
      if (!admitted) return;
      for (const [index, { limit, locks }] of rules.entries()) {
        const { count, endsAt } = counts[index] ?? ZERO;
        if (locks !== undefined && count === limit) locked = { what: locks, until: endsAt };
      }
    },
    async succeeded() {
      const counts = await counters.read(resetOnSuccess);
      for (const [index, key] of resetOnSuccess.entries()) {
        if (counts[index]?.count !== 0) await counters.reset(key);
      }
    },
  };
}

/** Over all accounts: password spraying, where few common passwords are tried on many accounts. */
function networkRule(network: string, { allAccounts, lock }: Limits): Rule {
  return { key: `all from ${network}`, limit: allAccounts, lifetime: lock, renews: false };
}

function accountRules(subject: string, exists: boolean, { network, device }: Origin, limits: Limits): Rule[] {
  const window = { lifetime: limits.lock, renews: true };
  if (device !== undefined) {
    const own = `${subject} on ${device}`;
    return [
      { key: own, limit: limits.oneNetwork, ...window, locks: 'one device' },
      { key: consecutiveKey(own), ...consecutiveRule(exists, limits), locks: 'one device' },
    ];
  }
  return [
    { key: `${subject} from ${network}`, limit: limits.oneNetwork, ...window, locks: 'one network' },
    ...newDeviceRules(subject, exists, limits),
  ];
}

function newDeviceRules(subject: string, exists: boolean, limits: Limits): Rule[] {
  const window = { lifetime: limits.lock, renews: true };
  return [
    { key: subject, limit: limits.allNetworks, ...window, locks: 'new devices' },
    {
      key: consecutiveKey(subject),
      ...consecutiveRule(exists, limits),
      locks: 'new devices until a known one',
    },
  ];
}

/** Any text can be sent as a username, so counters of unknown usernames expire early. */
function consecutiveRule(
  exists: boolean,
  { inARow, lock }: Limits,
): Pick<Rule, 'limit' | 'lifetime' | 'renews'> {
  return { limit: inARow, lifetime: exists ? CONSECUTIVE_LIFETIME : lock, renews: true };
}

type Limits = Config['loginProtection'];

const CONSECUTIVE = ' in a row';
const consecutiveKey = (subject: string): string => subject + CONSECUTIVE;
const isConsecutive = (key: string): boolean => key.endsWith(CONSECUTIVE);

const ZERO: Count = { count: 0, endsAt: 0 };

const UNPROTECTED: PasswordAttempt = {
  retryAfter: undefined,
  admitted: true,
  locked: undefined,
  admit: () => Promise.resolve(true),
  failed: () => Promise.resolve(),
  succeeded: () => Promise.resolve(),
};
