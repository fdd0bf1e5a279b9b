import { networkOf } from '../../limits/network.ts';
import type { CounterStore } from '../../store/store.ts';

/**
 * Mails that anyone can ask for in the name of an account: a link for a new password, a code to sign in. The requests of one network are
 * counted together, so that a stranger elsewhere cannot use up those of the person; all networks together bound what arrives in the mail box.
 */

/** In an hour. */
const OF_ONE_NETWORK = 5;
const OF_ALL_NETWORKS = 20;
const HOUR = 3600;

export async function mayRequestMail(
  counters: Pick<CounterStore, 'add'>,
  {
    kind,
    accountId,
    ip = 'an unknown address',
  }: { kind: string; accountId: string; ip?: string | undefined },
): Promise<boolean> {
  const key = `${kind} of ${accountId}`;
  const [ofNetwork] = await counters.add([{ key: `${key} from ${networkOf(ip)}`, lifetime: HOUR }]);
  if ((ofNetwork?.count ?? 0) > OF_ONE_NETWORK) return false;
  const [ofAll] = await counters.add([{ key, lifetime: HOUR }]);
  return (ofAll?.count ?? 0) <= OF_ALL_NETWORKS;
}
