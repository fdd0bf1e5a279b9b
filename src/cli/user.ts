import type { Command } from 'commander';
import type { Account, Accounts } from '../accounts/accounts.ts';
import { type AccountActivity, type ActiveLock, readActivity } from '../accounts/account-activity.ts';
import { addressNotice, changeNotice } from '../accounts/change-notice.ts';
import { createLoginProtection } from '../accounts/login-protection.ts';
import { addClaimOptions, addEmailOptions, type ClaimOptions, claimsFromOptions } from './claim-options.ts';
import { type CommandContext, withContext } from './context.ts';
import { readNewPassword } from './input.ts';
import { formatTime, printFacts, printJson, printLine, visibleJson } from './output.ts';
import { factorKinds, requireAccount, shownAccount } from './require-account.ts';
import { registerInvitations } from './user-invite.ts';
import { registerReset } from './user-reset.ts';
import { registerExport } from './user-export.ts';
import { registerFactors } from './user-factors.ts';
import { registerImport } from './user-import.ts';
import { registerList, stateOf } from './user-list.ts';
import { registerUpdate } from './user-update.ts';

/** `signet user`: accounts. Every change takes effect at once, also on a running server. */

export function register(program: Command): void {
  const user = program
    .command('user')
    .summary('manage accounts')
    .description('Manages accounts. Changes take effect at once, also on a running server.')
    .addHelpText(
      'after',
      `
Examples:
  $ signet user add alice --name "Alice Liddell" --email alice@example.com --group staff
  $ (umask 077; openssl rand -base64 24 > alice.password)
  $ signet user set-password alice --password-stdin < alice.password
  $ signet user invite maria@example.com --group staff --mail
  $ signet user list --search liddell
  $ signet user list --json`,
    );
  registerAdd(user);
  registerInvitations(user);
  registerList(user);
  registerShow(user);
  registerSetPassword(user);
  registerReset(user);
  registerSetClaims(user);
  registerRename(user);
  registerDisable(user);
  registerEnable(user);
  registerUnlock(user);
  registerRemove(user);
  registerUpdate(user);
  registerFactors(user);
  registerImport(user);
  registerExport(user);
}

type JsonOption = { json?: boolean };
type ForceOption = { force?: boolean };

const FORCE = 'take a username or email address that another account had until recently';

function registerAdd(user: Command): void {
  addClaimOptions(user.command('add'))
    .description('Adds an account. Asks for its password on the terminal.')
    .argument(
      '<username>',
      'name for the sign-in; an email address only if it is that of the account (--email)',
    )
    .option('--password-stdin', 'read the password from standard input')
    .option(
      '--no-password',
      'add the account without a password, so that no sign-in with a password is possible',
    )
    .option('--force', FORCE)
    .option('--json', 'print the account as JSON')
    .action(
      async (
        username: string,
        options: ClaimOptions & JsonOption & ForceOption & { password: boolean; passwordStdin?: boolean },
        command: Command,
      ) => {
        if (options.claims === '-' && options.passwordStdin) {
          command.error('error: standard input cannot be both --claims and --password-stdin');
        }
        await withContext(command, async ({ accounts }) => {
          const claims = await claimsFromOptions(options);
          const password = options.password
            ? await readNewPassword(command, { fromStdin: options.passwordStdin === true, who: username })
            : undefined;
          const takesReserved = options.force;
          const account = await accounts.add({ username, claims, password, takesReserved });
          if (options.json) printJson(account);
          else printLine(`added ${account.username} (${account.id})`);
        });
      },
    );
}

function registerShow(user: Command): void {
  onAccount(
    user.command('show'),
    'Shows an account: its active locks, last sign-in, number of sessions, second factors, and claims.',
    async (account, _accounts, { json }, _command, { store, config, clock }) => {
      const limits = config.loginProtection;
      const { locks, lastSignIn, sessions } = await readActivity(account, { store, limits, clock });
      if (json) {
        printJson({ ...shownAccount(account), locks, lastSignIn: lastSignIn ?? null, sessions });
        return;
      }
      printFacts({
        username: account.username,
        id: account.id,
        state: stateOf(account),
        created: formatTime(account.createdAt),
        updated: formatTime(account.updatedAt),
        locked: locks.map(describeLock).join('; ') || 'no',
        'last sign-in': describeSignIn(lastSignIn),
        sessions: String(sessions),
        factors: factorKinds(account.details).join(', ') || 'none',
      });
      printLine(`claims ${visibleJson(account.claims)}`);
    },
  ).option('--json', 'print JSON');
}

function registerSetPassword(user: Command): void {
  onAccount(
    user.command('set-password'),
    'Sets a new password, and ends all sessions and tokens of the account.',
    async (account, accounts, options, command, { mail }) => {
      const fromStdin = options.passwordStdin === true;
      const password = await readNewPassword(command, { fromStdin, who: account.username });
      await accounts.setPassword(account.id, password, { jobs: changeNotice(mail, 'passwordChanged') });
      printLine(`set the password of ${account.username}; its sessions and tokens have ended`);
    },
  ).option('--password-stdin', 'read the password from standard input');
}

function registerSetClaims(user: Command): void {
  addClaimOptions(
    onAccount(
      user.command('set-claims'),
      'Changes the given claims and keeps the others. In --claims, null removes a claim.',
      async (account, accounts, options, _command, { mail }) => {
        const claims = await claimsFromOptions(options);
        await accounts.changeClaims(account.id, claims, addressNotice(mail, account));
        printLine(`changed the claims of ${account.username}`);
      },
    ),
  );
}

function registerRename(user: Command): void {
  addEmailOptions(
    onAccount(
      user.command('rename'),
      'Changes the username. Sessions and tokens stay. The former name is reserved for 90 days.',
      async (account, accounts, options, command, { mail }) => {
        const [, username = ''] = command.processedArgs as string[];
        const claims = await claimsFromOptions(options);
        const renamed = await accounts.rename(account.id, username, claims, {
          takesReserved: options.force,
          jobs: addressNotice(mail, account),
        });
        printLine(`renamed ${account.username} to ${renamed.username}`);
      },
    )
      .argument('<new-username>', 'the new username; an email address only if it is that of the account')
      .option('--force', FORCE),
  );
}

function registerDisable(user: Command): void {
  onAccount(
    user.command('disable'),
    'Disables an account, and ends its sessions and tokens.',
    async (account, accounts) => {
      await accounts.disable(account.id);
      printLine(`disabled ${account.username}; its sessions and tokens have ended`);
    },
  );
}

function registerEnable(user: Command): void {
  onAccount(user.command('enable'), 'Enables a disabled account.', async (account, accounts) => {
    await accounts.enable(account.id);
    printLine(`enabled ${account.username}`);
  });
}

function registerUnlock(user: Command): void {
  onAccount(
    user.command('unlock'),
    'Resets the count of wrong passwords of an account, so that a sign-in is possible at once.',
    async (account, _accounts, _options, _command, { store, config, audit, clock }) => {
      const limits = config.loginProtection;
      await createLoginProtection({ counters: store.counters, limits, clock }).unlock(account.id);
      audit.record({ type: 'account.unlocked', accountId: account.id });
      printLine(`unlocked ${account.username}`);
    },
  );
}

function registerRemove(user: Command): void {
  onAccount(
    user.command('remove'),
    'Removes an account permanently, and ends its sessions and tokens. Its id is not used again.',
    async (account, accounts) => {
      await accounts.remove(account.id);
      printLine(`removed ${account.username}; its sessions and tokens have ended`);
    },
  );
}

type AccountOptions = ClaimOptions & JsonOption & ForceOption & { passwordStdin?: boolean };

/** Adds the argument for one account, by username or id, and passes the account to `act`. */
function onAccount(
  command: Command,
  description: string,
  act: (
    account: Account,
    accounts: Accounts,
    options: AccountOptions,
    command: Command,
    context: CommandContext,
  ) => Promise<void>,
): Command {
  return command
    .description(description)
    .argument('<username>', 'username or id of the account')
    .action(async (name: string) => {
      const options = command.opts<AccountOptions>();
      await withContext(command, async (context) => {
        const { accounts } = context;
        await act(await requireAccount(accounts, name), accounts, options, command, context);
      });
    });
}

function describeLock({ what, until, ip }: ActiveLock): string {
  const place = ip === undefined ? what : `${what} (${ip})`;
  return what === 'new devices until a known one' ? place : `${place} until ${formatTime(until)}`;
}

function describeSignIn(event: AccountActivity['lastSignIn']): string {
  if (event === undefined) return 'none in the audit trail';
  const { at, clientId = 'Signet', ip = 'an unknown address' } = event;
  return `${formatTime(at)} to ${clientId} from ${ip}`;
}
