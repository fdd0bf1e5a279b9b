import type { Account } from '../accounts/accounts.ts';
import { createMailing, type MailingOptions } from '../app/mailing.ts';
import { NO_MAIL, type Mail } from '../mail/mail.ts';
import { createMessages } from '../messages/messages.ts';
import { printWarning } from './output.ts';

/** Mail of a command, which a running server sends. Templates and catalogues are read with the first one. */
export function commandMail(options: Omit<MailingOptions, 'messages' | 'log'>): Mail {
  if (options.config.mail.server === undefined) return NO_MAIL;
  const log: MailingOptions['log'] = { warn: (...words: unknown[]) => printWarning(String(words.at(-1))) };
  let mail: Mail | undefined;
  const load = (): Mail => (mail ??= createMailing({ ...options, messages: createMessages(), log }).mail);
  return {
    isEnabled: true,
    send: (...request) => load().send(...request),
    notice: (...notice) => load().notice(...notice),
  };
}

/** Tells a person of what a command has done. A failure does not undo it. */
export async function sendNotice(
  mail: Mail,
  account: Pick<Account, 'id' | 'username' | 'claims'>,
  name: string,
): Promise<void> {
  try {
    await mail.notice(account, name, { username: account.username });
  } catch (error) {
    printWarning(
      `the person was not told by mail: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
