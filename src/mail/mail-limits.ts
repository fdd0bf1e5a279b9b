import type { CounterStore } from '../store/store.ts';
import { emailKey } from '../store/store.ts';

export type Admission = 'admitted' | 'first over the limit' | 'over the limit';

/**
 * Which limit counts a mail. `own`: what the person or the server sends. `anyone`: what everyone can ask for in the name of an account or to
 * an address. `caller`: the caller has a limit of its own.
 */
export type MailLimit = 'own' | 'anyone' | 'caller';

/**
 * How many mails an address gets, and an account causes. Each kind of mail has counters of its own, and what everyone can ask for has others
 * than the rest: no one uses up the notices of an account, or the links that its person or an operator asks for.
 */
export interface MailLimits {
  /** Counts a mail. @throws StoreUnavailableError */
  admit(mail: CountedMail): Promise<Admission>;
}

export interface CountedMail {
  name: string;
  limit: MailLimit;
  address: string;
  accountId: string | undefined;
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
    async admit({ name, limit, address, accountId }) {
      if (limit === 'caller') return 'admitted';
      const kind = limit === 'anyone' ? `mail ${name} for anyone` : `mail ${name}`;
      const keys = [`${kind} to ${mailboxOf(address)}`];
      if (accountId !== undefined) keys.push(`${kind} about ${accountId}`);
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
