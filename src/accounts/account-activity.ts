import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { AuditEvent, Store } from '../store/store.ts';
import type { Account } from './accounts.ts';
import { createLoginProtection, type LockInfo } from './login-protection.ts';

/** For support: the active locks of an account, its last sign-in and its number of sessions. */
export interface AccountActivity {
  locks: ActiveLock[];
  /** From the audit trail, so within its retention. `at`: epoch seconds. */
  lastSignIn: Pick<AuditEvent, 'at' | 'ip' | 'clientId'> | undefined;
  sessions: number;
}

/** `ip`: source of the last failed attempt, for a lock of one network or one device. */
export interface ActiveLock extends LockInfo {
  ip?: string | undefined;
}

/** Events that void the locks before them. */
const UNLOCKING_EVENTS = ['account.unlocked', 'account.password_set', 'account.disabled'];

/** Audit events read per type. */
const MAX_EVENTS = 100;

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
    locksFromAudit(store.audit, id, clock() - limits.lock * 1000),
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

/**
 * Locks of one network or one device, from the audit trail: their counters are keyed by digests that cannot be derived from the
 * account.
 */
async function locksFromAudit(
  audit: Store['audit'],
  accountId: string,
  since: number,
): Promise<ActiveLock[]> {
  const query = { accountId, since, limit: MAX_EVENTS };
  const [events, ...unlocking] = await Promise.all(
    ['account.locked', ...UNLOCKING_EVENTS].map((type) => audit.list({ ...query, type })),
  );
  const unlockedAt = Math.max(0, ...unlocking.flat().map(({ at }) => at));
  return (events ?? []).flatMap(({ at, ip, detail }) => {
    const { what, until } = detail ?? {};
    if (at <= unlockedAt || typeof until !== 'number') return [];
    return what === 'one network' || what === 'one device' ? [{ what, until, ip }] : [];
  });
}
