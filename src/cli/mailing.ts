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
    draftNotice: (...notice) => load().draftNotice(...notice),
    notice: (...notice) => load().notice(...notice),
  };
}
