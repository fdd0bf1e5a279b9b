import { type Clock, nowInSeconds } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Count, CounterStore } from '../store/store.ts';

/**
 * Against guessing of passwords, without a way to lock somebody out for long. Wrong passwords are counted in the store, over all processes,
 * by a few rules; an account that is refused by one of them answers as to a wrong password, after the same work. A device on which the
 * account has signed in before has counts of its own, so that what others do elsewhere does not touch it. Success does not make up for
 * what a network did: whoever has one account would use it to go on with the others.
 */

/** Where somebody tries to sign in. */
export interface Origin {
  /** `limits/network.ts` */
  network: string;
  /** Token of a device on which this account has signed in before. */
  device: string | undefined;
}

/** What wrong passwords lock. */
export type Lock = 'one network' | 'new devices' | 'new devices until a known one' | 'one device';

/** What one wrong password locked, and until when (epoch seconds). */
export interface LockedBy {
  what: Lock;
  until: number;
}

/** One attempt at one password. */
export interface PasswordAttempt {
  /** Seconds until this network may try anything again, undefined when it may. */
  readonly retryAfter: number | undefined;
  /** Whether the password may be looked at. To be asked in the moment before. */
  admit(): Promise<boolean>;
  /** Counts a password that was wrong, or was not looked at; before anybody else's turn. */
  failed(): Promise<void>;
  succeeded(): Promise<void>;
  /** What `admit` answered last. */
  readonly admitted: boolean;
  /** What it locked when it failed. */
  readonly locked: LockedBy | undefined;
}

export interface LoginProtection {
  /** @param username as it was typed, where there is no such account */
  begin(account: ProtectedAccount | undefined, username: string, origin: Origin): Promise<PasswordAttempt>;
  /** Forgets what was counted for an account; what was counted for a network stays. */
  unlock(accountId: string): Promise<void>;
  /** What locks an account on all new devices. What locks it on one device or for one network is in the audit trail alone. */
  locks(account: ProtectedAccount): Promise<LockedBy[]>;
}

type ProtectedAccount = { id: string; generation: number };

interface Rule {
  key: string;
  limit: number;
  /** Seconds until a wrong password is forgotten. */
  lifetime: number;
  /** Whether a further wrong password begins the lifetime anew. */
  renews: boolean;
  locks?: Lock;
}

/** Seconds that a run of wrong passwords is remembered; only success ends it (NIST SP 800-63B-4 §3.2.2). */
const RUN_LIFETIME = 365 * 86_400;

export function createLoginProtection(options: {
  counters: CounterStore;
  limits: Limits;
  clock: Clock;
}): LoginProtection {
  const { counters, limits, clock } = options;

  async function begin(
    account: ProtectedAccount | undefined,
    username: string,
    origin: Origin,
  ): Promise<PasswordAttempt> {
    const name = account?.id ?? `unknown ${username}`;
    const ofNetwork = networkRule(origin.network, limits);
    const [network, unlocks] = await counters.read([ofNetwork.key, unlocksKey(name)]);
    const subject = subjectName(name, account?.generation ?? 0, unlocks);
    const ofAccount = accountRules(subject, account !== undefined, origin, limits);
    const rules = origin.device === undefined ? [...ofAccount, ofNetwork] : ofAccount;
    const isOver = origin.device === undefined && (network?.count ?? 0) >= ofNetwork.limit;
    let admitted = false;
    let locked: LockedBy | undefined;
    return {
      retryAfter: isOver ? Math.max(1, (network?.endsAt ?? 0) - nowInSeconds(clock)) : undefined,
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
        // What was not looked at is counted apart, and so ends no later; it takes as many writes.
        const counts = await counters.add(
          rules.map((rule) =>
            admitted || rule === ofNetwork ? rule : { ...rule, key: `${rule.key} refused` },
          ),
        );
        if (!admitted) return;
        for (const [index, { limit, locks }] of rules.entries()) {
          const { count, endsAt } = counts[index] ?? NOTHING;
          if (locks !== undefined && count === limit) locked = { what: locks, until: endsAt };
        }
      },
      async succeeded() {
        const runs = [runKey(subject), ...ofAccount.map(({ key }) => key).filter(isRun)];
        const counts = await counters.read(runs);
        for (const [index, key] of runs.entries()) if (counts[index]?.count !== 0) await counters.reset(key);
      },
    };
  }

  async function subjectOf(name: string, generation: number): Promise<string> {
    const [unlocks] = await counters.read([unlocksKey(name)]);
    return subjectName(name, generation, unlocks);
  }

  return {
    async locks({ id, generation }) {
      if (!limits.enabled) return [];
      const rules = newDeviceRules(await subjectOf(id, generation), true, limits);
      const counts = await counters.read(rules.map(({ key }) => key));
      return rules.flatMap(({ limit, locks }, index) => {
        const { count, endsAt } = counts[index] ?? NOTHING;
        return locks !== undefined && count >= limit ? [{ what: locks, until: endsAt }] : [];
      });
    },
    begin: limits.enabled ? begin : () => Promise.resolve(UNPROTECTED),
    async unlock(accountId) {
      await counters.add([{ key: unlocksKey(accountId), lifetime: RUN_LIFETIME, renews: true }]);
    },
  };
}

/** Over all accounts: a few common passwords tried on everybody. */
function networkRule(network: string, { allAccounts, lock }: Limits): Rule {
  return { key: `all from ${network}`, limit: allAccounts, lifetime: lock, renews: false };
}

function accountRules(subject: string, exists: boolean, { network, device }: Origin, limits: Limits): Rule[] {
  const soft = { lifetime: limits.lock, renews: true };
  if (device !== undefined) {
    const own = `${subject} on ${device}`;
    return [
      { key: own, limit: limits.oneNetwork, ...soft, locks: 'one device' },
      { key: runKey(own), ...runRule(exists, limits), locks: 'one device' },
    ];
  }
  return [
    { key: `${subject} from ${network}`, limit: limits.oneNetwork, ...soft, locks: 'one network' },
    ...newDeviceRules(subject, exists, limits),
  ];
}

function newDeviceRules(subject: string, exists: boolean, limits: Limits): Rule[] {
  const soft = { lifetime: limits.lock, renews: true };
  return [
    { key: subject, limit: limits.allNetworks, ...soft, locks: 'new devices' },
    { key: runKey(subject), ...runRule(exists, limits), locks: 'new devices until a known one' },
  ];
}

/** Any text can be sent as a username, so counts for names without an account expire early. */
function runRule(exists: boolean, { inARow, lock }: Limits): Pick<Rule, 'limit' | 'lifetime' | 'renews'> {
  return { limit: inARow, lifetime: exists ? RUN_LIFETIME : lock, renews: true };
}

type Limits = Config['loginProtection'];

const RUN = ' in a row';
const runKey = (subject: string): string => subject + RUN;
const isRun = (key: string): boolean => key.endsWith(RUN);

/** Counts of an account are kept under the number of times that it was unlocked, so that they need not be found to be forgotten. */
const unlocksKey = (name: string): string => `unlocks of ${name}`;

const subjectName = (name: string, generation: number, unlocks: Count | undefined): string =>
  `${name} ${generation} ${unlocks?.count ?? 0}`;

const NOTHING: Count = { count: 0, endsAt: 0 };

const UNPROTECTED: PasswordAttempt = {
  retryAfter: undefined,
  admitted: true,
  locked: undefined,
  admit: () => Promise.resolve(true),
  failed: () => Promise.resolve(),
  succeeded: () => Promise.resolve(),
};
