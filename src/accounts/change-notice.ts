import type { Mail, NoticeOptions } from '../mail/mail.ts';
import type { MessageValues } from '../messages/messages.ts';
import type { ChangeJobs } from '../store/store.ts';

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
