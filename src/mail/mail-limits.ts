import type { CounterStore } from '../store/store.ts';
import { emailKey } from '../store/store.ts';

export type Admission = 'admitted' | 'first over the limit' | 'over the limit';

/**
 * How many mails an address gets, and an account causes. Each kind of mail has counters of its own, so that no one can use up the notices of
 * an account by requests for links.
 */
export interface MailLimits {
  /** Counts a mail. @throws StoreUnavailableError */
  admit(name: string, address: string, accountId: string | undefined): Promise<Admission>;
}

/** Seconds. */
const WINDOW = 3600;

export function createMailLimits({
  counters,
  hourlyLimit,
}: {
  counters: Pick<CounterStore, 'add'>;
  hourlyLimit: number;
}): MailLimits {
  return {
    async admit(name, address, accountId) {
      const mailbox = mailboxOf(address);
      // Without an account there are as many counters, so that a mail costs the same for every address.
      const keys = [`mail ${name} to ${mailbox}`, `mail ${name} about ${accountId ?? `no one ${mailbox}`}`];
      const counts = await counters.add(keys.map((key) => ({ key, lifetime: WINDOW })));
      const most = Math.max(...counts.map(({ count }) => count));
      if (most <= hourlyLimit) return 'admitted';
      return most === hourlyLimit + 1 ? 'first over the limit' : 'over the limit';
    },
  };
}

/** Without what is added to the name of a mailbox (RFC 5233): `maria+shop@example.com` is the mailbox of maria. */
function mailboxOf(address: string): string {
  return (emailKey(address) ?? '').replace(/^([^+@]+)\+[^@]*(?=@)/, '$1');
}
