import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { mailDelivery, mailRenderer } from '../app/mailing.ts';
import { mailAddress } from '../config/mail-address.ts';
import { createMessages } from '../messages/messages.ts';
import { commandConfig } from './context.ts';
import { withMailAdvice } from './mail-advice.ts';
import { printLine } from './output.ts';

/** `signet mail`: whether mails arrive. */

export function register(program: Command): void {
  const mail = program
    .command('mail')
    .summary('send a test mail')
    .description('Mails to people: see docs/mail.md.')
    .addHelpText('after', '\nExample:\n  $ signet mail test maria@example.com');
  mail
    .command('test')
    .description(
      'Sends a test mail at once, with the mail server of the configuration and without the outbox, and prints the outcome.',
    )
    .argument('<address>', 'who gets it')
    .option('--language <tag>', 'language of the mail, such as de', 'en')
    .action(async (text: string, { language }: { language: string }, command: Command) => {
      const config = commandConfig(command);
      const to = mailAddress(text);
      if (to === undefined) throw new Error(`${text} is not an email address`);
      if (config.mail.server === undefined)
        throw new Error('mail.server is not set, so this server sends no mail: see docs/mail.md');
      const render = mailRenderer({ config, messages: createMessages() });
      const deliver = mailDelivery(config, Date.now);
      const id = `test.${randomBytes(8).toString('hex')}`;
      const outcome = await deliver(
        { ...render('test', { language, values: {} }), id, to, at: Date.now() },
        1,
      );
      if (outcome.outcome !== 'done')
        throw new Error(`the mail was not sent: ${withMailAdvice(outcome.reason)}`);
      printLine(`the mail server has accepted the mail to ${to}`);
    });
}
