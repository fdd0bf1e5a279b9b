import { networkOf } from '../../limits/network.ts';
import type { MailLimit } from '../../mail/mail-limits.ts';
import type { CounterStore } from '../../store/store.ts';

/**
 * Mails that anyone can ask for in the name of an account: a link for a new password, a code to sign in. The requests of one network are
 * counted together, so that a stranger elsewhere cannot use up those of the person; all networks together bound what arrives in the mail box.
 * A device on which the person has signed in before has a share of its own, which no one else can use up.
 */

/** In an hour. */
const OF_ONE_ORIGIN = 5;
const OF_ALL_NETWORKS = 20;
const HOUR = 3600;

/** @returns which limit counts the mail; undefined when there were too many */
export async function limitOfRequest(
  counters: Pick<CounterStore, 'add'>,
  {
    kind,
    accountId,
    ip = 'an unknown address',
    device,
  }: {
    kind: string;
    accountId: string;
    ip?: string | undefined;
    /** A known one of the account. */
    device: string | undefined;
  },
): Promise<MailLimit | undefined> {
  const key = `${kind} of ${accountId}`;
  const origin = device === undefined ? `from ${networkOf(ip)}` : `on ${device}`;
  const [ofOrigin] = await counters.add([{ key: `${key} ${origin}`, lifetime: HOUR }]);
  if ((ofOrigin?.count ?? 0) > OF_ONE_ORIGIN) return undefined;
  if (device !== undefined) return 'own';
  const [ofAll] = await counters.add([{ key, lifetime: HOUR }]);
  return (ofAll?.count ?? 0) <= OF_ALL_NETWORKS ? 'anyone' : undefined;
}
