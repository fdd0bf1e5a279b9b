import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { AuditEvent, Store } from '../store/store.ts';
import type { Account } from './accounts.ts';
import { createLoginProtection, type LockedBy } from './login-protection.ts';

/** What support asks about an account: what locks it now, when it was last signed in to, and how many sessions it has. */
export interface AccountActivity {
  locks: ActiveLock[];
  /** From the audit trail, so no earlier than its retention. `at`: epoch seconds. */
  lastSignIn: Pick<AuditEvent, 'at' | 'ip' | 'clientId'> | undefined;
  sessions: number;
}

/** `until`: epoch seconds. `ip`: where the last wrong password came from, for what locks one network or one device. */
export interface ActiveLock extends LockedBy {
  ip?: string | undefined;
}

/** Changes after which the locks before them are void. */
const UNLOCKING = ['account.unlocked', 'account.password_set', 'account.disabled'];

/** The most audit events of each type that are read. */
const MOST_LOCKS = 100;

export async function readActivity(
  { id, generation }: Pick<Account, 'id' | 'generation'>,
  options: {
    store: Pick<Store, 'artifacts' | 'audit' | 'counters'>;
    limits: Config['loginProtection'];
    clock: Clock;
  },
): Promise<AccountActivity> {
  const { store, limits, clock } = options;
  const protection = createLoginProtection({ counters: store.counters, limits, clock });
  const [locks, local, [signIn], sessions] = await Promise.all([
    protection.locks({ id, generation }),
    localLocks(store.audit, id, clock() - limits.lock * 1000),
    store.audit.list({ type: 'login.succeeded', accountId: id, limit: 1 }),
    store.artifacts.countSessions(id),
  ]);
  const now = clock() / 1000;
  return {
    locks: [...locks, ...local].filter(({ until }) => until > now),
    lastSignIn: signIn && { at: Math.floor(signIn.at / 1000), ip: signIn.ip, clientId: signIn.clientId },
    sessions,
  };
}

/** The counters of networks and devices are kept under digests, which are not found from the account; the events of their locks are. */
async function localLocks(audit: Store['audit'], accountId: string, since: number): Promise<ActiveLock[]> {
  const query = { accountId, since, limit: MOST_LOCKS };
  const [events, ...unlocking] = await Promise.all(
    ['account.locked', ...UNLOCKING].map((type) => audit.list({ ...query, type })),
  );
  const unlockedAt = Math.max(0, ...unlocking.flat().map(({ at }) => at));
  return (events ?? []).flatMap(({ at, ip, detail }) => {
    const { what, until } = detail ?? {};
    if (at <= unlockedAt || typeof until !== 'number') return [];
    return what === 'one network' || what === 'one device' ? [{ what, until, ip }] : [];
  });
}
