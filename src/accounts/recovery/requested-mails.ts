import { networkOf } from '../../limits/network.ts';
import type { MailLimit } from '../../mail/mail-limits.ts';
import type { AccountRecord, CounterStore, Store } from '../../store/store.ts';
import type { KnownDevices } from '../known-devices.ts';
import { findBySignInName, mailAddressOf } from '../sign-in-name.ts';

/**
 * Mails that anyone can ask for in the name of an account: a link for a new password, a code to sign in. The requests of one network are
 * counted together, so that a stranger elsewhere cannot use up those of the person; all networks together bound what arrives in the mail box.
 * A device on which the person has signed in before has a share of its own, which no one else can use up.
 */

/** In an hour. */
const OF_ONE_ORIGIN = 5;
const OF_ALL_NETWORKS = 20;
const HOUR = 3600;

/** A request by name, from the network and perhaps the known device of a person. */
export interface MailRequest {
  /** As typed. */
  name: string;
  ip?: string | undefined;
  device?: string | undefined;
}

/** Whom the mail goes to, and which limit counts it. */
export type Recipient =
  | { readonly account: AccountRecord; readonly to: string; readonly limit: MailLimit }
  | {
      readonly account: AccountRecord | undefined;
      /** For the audit trail. */
      readonly refused: 'unknown' | 'disabled' | 'no_address' | 'limited';
    };

/** @param kind of the mail: each has limits of its own */
export async function recipientOf(
  kind: string,
  { name, ip, device }: MailRequest,
  { store, devices }: { store: Pick<Store, 'accounts' | 'counters'>; devices: Pick<KnownDevices, 'isKnown'> },
): Promise<Recipient> {
  const account = await findBySignInName(store, name);
  if (account === undefined) return { account, refused: 'unknown' };
  if (account.disabled) return { account, refused: 'disabled' };
  const to = await mailAddressOf(store, account);
  if (to === undefined) return { account, refused: 'no_address' };
  const own = (await devices.isKnown(device, account)) ? device : undefined;
  const limit = await countRequest(store.counters, `${kind} of ${account.id}`, { ip, device: own });
  return limit === undefined ? { account, refused: 'limited' } : { account, to, limit };
}

/** @returns undefined when there were too many */
async function countRequest(
  counters: Pick<CounterStore, 'add'>,
  key: string,
  { ip = 'an unknown address', device }: Pick<MailRequest, 'ip' | 'device'>,
): Promise<MailLimit | undefined> {
  const origin = device === undefined ? `from ${networkOf(ip)}` : `on ${device}`;
  const [ofOrigin] = await counters.add([{ key: `${key} ${origin}`, lifetime: HOUR }]);
  if ((ofOrigin?.count ?? 0) > OF_ONE_ORIGIN) return undefined;
  if (device !== undefined) return 'own';
  const [ofAll] = await counters.add([{ key, lifetime: HOUR }]);
  return (ofAll?.count ?? 0) <= OF_ALL_NETWORKS ? 'anyone' : undefined;
}
