import type { Command } from 'commander';
import type { Account } from '../accounts/accounts.ts';
import { addressNotice } from '../accounts/change-notice.ts';
import { addClaimOptions, type ClaimOptions, claimsFromOptions } from './claim-options.ts';
import { withContext } from './context.ts';
import { printJson, printLine } from './output.ts';
import { requireAccount, shownAccount } from './require-account.ts';

/** `signet user update`: username and claims of an account in one step. */

interface UpdateOptions extends ClaimOptions {
  username?: string;
  json?: boolean;
}

export function registerUpdate(user: Command): void {
  addClaimOptions(user.command('update <username>'))
    .description(
      'Changes the username and the given claims in one step, and keeps the others. In --claims, null removes a claim.\n' +
        'Sessions and tokens stay. The former email address gets a mail, where it was verified.',
    )
    .option('--username <name>', 'the new username; an email address only if it is that of the account')
    .option('--json', 'print the account as JSON')
    .action(async (name: string, options: UpdateOptions, command: Command) => {
      const claims = await claimsFromOptions(options);
      if (options.username === undefined && Object.keys(claims).length === 0)
        command.error('error: name what to change: --username, or claims such as --email');
      await withContext(command, async ({ accounts, mail }) => {
        const account = await requireAccount(accounts, name);
        const jobs = addressNotice(mail, account);
        const changed: Account =
          options.username === undefined
            ? await accounts.changeClaims(account.id, claims, jobs)
            : await accounts.rename(account.id, options.username, claims, { jobs });
        if (options.json) printJson(shownAccount(changed));
        else printLine(`changed ${changed.username}`);
      });
    });
}
