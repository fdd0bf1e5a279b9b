import type { Config } from '../config/config.ts';
import type { CounterStore } from '../store/store.ts';

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

/** What a wrong password locked. */
export type Lock = 'one network' | 'new devices' | 'new devices until a known one' | 'one device';

/** One attempt at one password. */
export interface PasswordAttempt {
  /** Seconds until this network may try anything again, undefined when it may. */
  readonly retryAfter: number | undefined;
  /** Whether the password may be looked at. To be asked in the moment before. */
  admit(): Promise<boolean>;
  /** Counts a password that was wrong, or was not looked at; before anybody else's turn. */
  failed(): Promise<void>;
  succeeded(): Promise<void>;
  /** What it locked when it failed. */
  readonly locked: Lock | undefined;
}

export interface LoginProtection {
  /** @param username as it was typed, where there is no such account */
  begin(account: ProtectedAccount | undefined, username: string, origin: Origin): Promise<PasswordAttempt>;
  /** Forgets what was counted for an account; what was counted for a network stays. */
  unlock(accountId: string): Promise<void>;
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

/** @param options.clock epoch milliseconds */
export function createLoginProtection(options: {
  counters: CounterStore;
  limits: Limits;
  clock: () => number;
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
    const subject = `${name} ${account?.generation ?? 0} ${unlocks?.count ?? 0}`;
    const ofAccount = accountRules(subject, account !== undefined, origin, limits);
    const rules = origin.device === undefined ? [...ofAccount, ofNetwork] : ofAccount;
    const isOver = origin.device === undefined && (network?.count ?? 0) >= ofNetwork.limit;
    let admitted = false;
    let locked: Lock | undefined;
    return {
      retryAfter: isOver ? Math.max(1, (network?.endsAt ?? 0) - Math.floor(clock() / 1000)) : undefined,
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
        if (admitted) locked = rules.findLast(({ limit }, index) => counts[index]?.count === limit)?.locks;
      },
      async succeeded() {
        const runs = [runKey(subject), ...ofAccount.map(({ key }) => key).filter(isRun)];
        const counts = await counters.read(runs);
        for (const [index, key] of runs.entries()) if (counts[index]?.count !== 0) await counters.reset(key);
      },
    };
  }

  return {
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
  const { oneNetwork, allNetworks, inARow, lock } = limits;
  const soft = { lifetime: lock, renews: true };
  // Names that nobody has are as many as somebody cares to type: they are not remembered for long.
  const run = { limit: inARow, lifetime: exists ? RUN_LIFETIME : lock, renews: true };
  if (device !== undefined) {
    const own = `${subject} on ${device}`;
    return [
      { key: own, limit: oneNetwork, ...soft, locks: 'one device' },
      { key: runKey(own), ...run, locks: 'one device' },
    ];
  }
  return [
    { key: `${subject} from ${network}`, limit: oneNetwork, ...soft, locks: 'one network' },
    { key: subject, limit: allNetworks, ...soft, locks: 'new devices' },
    { key: runKey(subject), ...run, locks: 'new devices until a known one' },
  ];
}

type Limits = Config['loginProtection'];

const RUN = ' in a row';
const runKey = (subject: string): string => subject + RUN;
const isRun = (key: string): boolean => key.endsWith(RUN);

/** Counts of an account are kept under the number of times that it was unlocked, so that they need not be found to be forgotten. */
const unlocksKey = (name: string): string => `unlocks of ${name}`;

const UNPROTECTED: PasswordAttempt = {
  retryAfter: undefined,
  locked: undefined,
  admit: () => Promise.resolve(true),
  failed: () => Promise.resolve(),
  succeeded: () => Promise.resolve(),
};
