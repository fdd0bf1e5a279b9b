import type { Account } from '../accounts/accounts.ts';
import type { SessionFacts } from '../accounts/sessions.ts';
import type { ListedRecord, Store } from '../store/store.ts';

/** Records that are read, the latest ones. */
const MAX_SESSIONS = 20;

/** An application that a session of a person is used for. Times are epoch seconds, those of the session. */
export interface SessionUse extends Pick<SessionFacts, 'beganAt' | 'lastUsedAt'> {
  clientId: string;
}

export async function sessionUses(store: Pick<Store, 'listed'>, account: Account): Promise<SessionUse[]> {
  const { records } = await store.listed.list('Session', account.id, { limit: MAX_SESSIONS });
  return records.flatMap((record) => usesOf(account, record));
}

/** Records of versions before 0.2 have no facts. */
function usesOf(account: Account, { handle, facts }: ListedRecord): SessionUse[] {
  if (facts === undefined || account.revocations?.sessions?.[handle] !== undefined) return [];
  const { clients, beganAt, lastUsedAt } = facts as unknown as SessionFacts;
  return clients.map((clientId) => ({ clientId, beganAt, lastUsedAt }));
}
