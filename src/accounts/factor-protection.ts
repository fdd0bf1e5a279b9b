import type { Config } from '../config/config.ts';
import type { Count, CounterStore } from '../store/store.ts';
import { CONSECUTIVE_LIFETIME, subjectName, unlocksKey } from './attempt-subject.ts';
import type { LockInfo, LockScope, Origin } from './login-protection.ts';

/**
 * Protection against guessing of codes: of authenticator apps, by mail, and for recovery. Wrong codes of all methods are one count per account,
 * in the store, for all processes; the limits are those of passwords (`login-protection.ts`):
 *
 * | key                            | limit         | refused                                                    |
 * |--------------------------------|---------------|------------------------------------------------------------|
 * | account + network + kind       | `oneNetwork`  | codes of this kind from that network                       |
 * | account                        | `allNetworks` | short codes on new devices; recovery codes at ten times it |
 * | account, consecutive           | `inARow`      | short codes on new devices, until a success                |
 * | account + known device + kind  | `oneNetwork`  | codes of this kind on that device                          |
 * | known device, consecutive      | `inARow`      | short codes on that device, until a success                |
 *
 * A known device is one on which a second factor was used: the password alone makes no counters.
 * An attacker who has the password cannot lock the person out: such a device has counters of its own, recovery codes are of another kind, and
 * passkeys are not counted at all. A code by mail that is the first factor has its own subject, because everyone can ask for one.
 *
 * Who is told of a lock is told by `notice`: it is enqueued before the attempt that locks is counted, so that a kill in between loses it to no
 * one, and cancelled when the code was right after all.
 *
 * An attempt is counted before the code is compared, so that the number of compared codes is exact however many arrive at once, on any number of
 * nodes. A success resets the counters that the attempt has used. An attacker who does not have the code gets no reset, but that of the
 * person's own success: `inARow` bounds the codes between two of them.
 */
export interface FactorProtection {
  /** @param verify compares the code, and uses it. @returns its result, when it was called and did not return undefined */
  attempt<Result>(
    attempt: CodeAttempt,
    verify: () => Promise<Result | undefined>,
  ): Promise<CodeOutcome<Result>>;
}

/** `email_sign_in`: a code by mail before any other factor. */
export type CodeMethod = 'totp' | 'recovery_code' | 'email_sign_in';

export interface CodeAttempt extends Origin {
  account: { readonly id: string; readonly generation: number };
  method: CodeMethod;
  /** Tells the person of a lock. */
  notice?: LockNotice | undefined;
}

export interface LockNotice {
  enqueue(): Promise<void>;
  cancel(): Promise<void>;
}

export type CodeOutcome<Result> =
  | { outcome: 'accepted'; value: Result }
  /** `locked`: the lock that this attempt has triggered, for the audit trail. */
  | { outcome: 'wrong'; locked?: LockInfo | undefined }
  /** The code was not compared. The person gets the response of a wrong code. */
  | { outcome: 'locked' };

interface Rule {
  key: string;
  limit: number;
  /** Seconds until the counter expires after the last attempt. */
  lifetime: number;
  locks: LockScope;
}

type Limits = Config['loginProtection'];

/** A code of 120 bits cannot be guessed: the limit only bounds the work of the server. */
const RECOVERY_FACTOR = 10;

export function createFactorProtection({
  counters,
  limits,
}: {
  counters: CounterStore;
  limits: Limits;
}): FactorProtection {
  return {
    async attempt({ account, method, network, device, notice }, verify) {
      if (!limits.enabled) return outcomeOf(await verify());
      const [unlocks] = await counters.read([unlocksKey(account.id)]);
      const name = `${method === 'email_sign_in' ? 'codes by mail of' : 'codes of'} ${account.id}`;
      const subject = subjectName(name, account.generation, unlocks);
      const rules = rulesOf(subject, method, { network, device }, limits);
      const keys = rules.map(({ key }) => key);
      // Attempts during a lock are not counted, so they do not prolong it.
      const before = await counters.read(keys);
      if (!rules.every(isWithin(before, -1))) return { outcome: 'locked' };
      const isLast = !rules.every(isWithin(before, -2));
      if (isLast) await notice?.enqueue();
      const counts = await counters.add(rules.map((rule) => ({ ...rule, renews: true })));
      if (!rules.every(isWithin(counts, 0))) return { outcome: 'locked' };
      const value = await verify();
      if (value === undefined) {
        const locked = lockOf(rules, counts);
        // Concurrent attempts may have reached the limit together.
        if (locked !== undefined && !isLast) await notice?.enqueue();
        return { outcome: 'wrong', locked };
      }
      if (isLast) await notice?.cancel();
      await Promise.all([...keys, consecutiveKey(subject)].map((key) => counters.reset(key)));
      return { outcome: 'accepted', value };
    },
  };
}

function outcomeOf<Result>(value: Result | undefined): CodeOutcome<Result> {
  return value === undefined ? { outcome: 'wrong' } : { outcome: 'accepted', value };
}

function isWithin(counts: readonly Count[], allowance: number) {
  return ({ limit }: Rule, index: number): boolean => (counts[index]?.count ?? 0) <= limit + allowance;
}

function lockOf(rules: readonly Rule[], counts: readonly Count[]): LockInfo | undefined {
  const reached = rules.findLastIndex(({ limit }, index) => counts[index]?.count === limit);
  const what = rules[reached]?.locks;
  return what && { what, until: counts[reached]?.endsAt ?? 0 };
}

function rulesOf(subject: string, method: CodeMethod, { network, device }: Origin, limits: Limits): Rule[] {
  const isRecovery = method === 'recovery_code';
  const kind = isRecovery ? 'recovery codes' : 'short codes';
  const window = { lifetime: limits.lock };
  const inARow = { limit: limits.inARow, lifetime: CONSECUTIVE_LIFETIME };
  const own: Rule[] =
    device === undefined
      ? [
          {
            key: `${subject} from ${network} ${kind}`,
            limit: limits.oneNetwork,
            ...window,
            locks: 'one network',
          },
          {
            key: subject,
            limit: limits.allNetworks * (isRecovery ? RECOVERY_FACTOR : 1),
            ...window,
            locks: 'new devices',
          },
        ]
      : [
          {
            key: `${subject} on ${device} ${kind}`,
            limit: limits.oneNetwork,
            ...window,
            locks: 'one device',
          },
        ];
  if (isRecovery) return own;
  return device === undefined
    ? [...own, { key: consecutiveKey(subject), ...inARow, locks: 'new devices until a known one' }]
    : [...own, { key: consecutiveKey(`${subject} on ${device}`), ...inARow, locks: 'one device' }];
}

const consecutiveKey = (subject: string): string => `${subject} in a row`;
