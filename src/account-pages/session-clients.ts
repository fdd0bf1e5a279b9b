import type { Account } from '../accounts/accounts.ts';
import type { SessionFacts } from '../accounts/sessions.ts';
import type { ListedRecord, Store } from '../store/store.ts';

/** The applications that sessions of a person are used for. */

/** Records that are read, the latest ones. */
const MAX_SESSIONS = 20;

/** @returns when the session of each client began, by `client_id`; epoch seconds, the latest one */
export async function clientsOfSessions(
  store: Pick<Store, 'listed'>,
  account: Account,
): Promise<Map<string, number>> {
  const { records } = await store.listed.list('Session', account.id, { limit: MAX_SESSIONS });
  const uses = records.flatMap((record) => clientsOf(account, record)).toSorted(([, a], [, b]) => a - b);
  return new Map(uses);
}

/** Records of versions before 0.2 have no facts. */
function clientsOf(account: Account, { handle, facts }: ListedRecord): [clientId: string, at: number][] {
  if (facts === undefined || account.revocations?.sessions?.[handle] !== undefined) return [];
  const { clients, beganAt } = facts as unknown as SessionFacts;
  return clients.map((clientId) => [clientId, beganAt]);
}
