import type { Command } from 'commander';
import { createLinks } from '../accounts/links.ts';
import { mailResetLink, OPERATOR_RESET_LIFETIME, resetLink } from '../accounts/recovery/reset-link.ts';
import { withContext } from './context.ts';
import { printLine } from './output.ts';
import { requireAccount } from './require-account.ts';

/** `signet user reset`: a link with which a person chooses a new password. The password stays until then. */

export function registerReset(user: Command): void {
  const command = user
    .command('reset')
    .description(
      `Prints a link with which a person sets a new password, once and within ${OPERATOR_RESET_LIFETIME / 3600} hours. Pass it on by a way that only this person can read.`,
    )
    .argument('<username>', 'username or id of the account')
    .option('--mail', 'send the link to the verified email address of the account, and do not print it')
    .action(async (name: string, options: { mail?: true }) => {
      await withContext(command, async ({ accounts, store, mail, config: { issuer }, audit, clock }) => {
        const account = await requireAccount(accounts, name);
        if (account.disabled) throw new Error(`${account.username} is disabled`);
        const links = createLinks({ artifacts: store.artifacts, clock });
        const via = options.mail === true ? 'mail' : 'link';
        if (options.mail !== true) {
          printLine(await resetLink(account, { links, issuer, lifetime: OPERATOR_RESET_LIFETIME }));
        } else {
          if (!mail.isEnabled)
            throw new Error('there is no mail server (mail.server); without --mail, the link is printed');
          const address = await mailResetLink('passwordResetByOperator', account, {
            store,
            mail,
            links,
            issuer,
          });
          if (address === undefined)
            throw new Error(
              `${account.username} has no verified email address that is its own; without --mail, the link is printed`,
            );
          printLine(`sent a link to ${address}`);
        }
        audit.record({ type: 'account.reset_link_created', accountId: account.id, detail: { via } });
      });
    });
}
