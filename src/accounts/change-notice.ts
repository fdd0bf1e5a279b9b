import type { Mail, NoticeOptions } from '../mail/mail.ts';
import type { MessageValues } from '../messages/messages.ts';
import { type AccountRecord, type ChangeJobs, emailKey } from '../store/store.ts';
import { verifiedAddress } from './sign-in-name.ts';

/**
 * The mail that tells a person of a change of the account, as a part of the change: for `AccountStore.update`.
 * @param values beside `username`
 */
export function changeNotice(
  mail: Pick<Mail, 'draftNotice'>,
  name: string,
  values: MessageValues = {},
  options: NoticeOptions = {},
): ChangeJobs {
  return (record) => mail.draftNotice(record, name, { username: record.username, ...values }, options);
}

/** The mail to the former address, where an operator changes or removes the address of an account. The person does it with `email-change.ts`. */
export function addressNotice(
  mail: Pick<Mail, 'draftNotice'>,
  before: Pick<AccountRecord, 'claims'>,
): ChangeJobs {
  const to = verifiedAddress(before);
  return (record) =>
    to === undefined || emailKey(to) === emailKey(record.claims.email)
      ? []
      : mail.draftNotice(record, 'emailChangedByOperator', { username: record.username }, { to, url: null });
}
