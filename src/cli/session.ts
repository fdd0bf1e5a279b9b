import type { Command } from 'commander';
import { browserName } from '../accounts/browser-name.ts';
import type { SessionInfo } from '../accounts/sessions.ts';
import { withContext } from './context.ts';
import { formatTime, printJson, printLine, printTable } from './output.ts';
import { addPageOptions, type PageOptions, printNextPage } from './paging.ts';
import { requireAccount } from './require-account.ts';

/** `signet session`: the sessions of an account. Changes take effect at once, also on a running server. */

export function register(program: Command): void {
  const session = program
    .command('session')
    .summary('list and end sessions')
    .description(
      'Lists and ends the sessions of an account: one for each browser that is signed in. Changes take effect at once, also\n' +
        'on a running server.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ signet session list alice
  $ signet session end alice 3f1d2c4b5a697887
  $ signet session end alice --all`,
    );
  registerList(session);
  registerEnd(session);
}

function registerList(session: Command): void {
  addPageOptions(session.command('list'))
    .description(
      'Lists the sessions of an account, the one that expires last first. What a version before 0.2 has written shows only\n' +
        'when it expires, until its next use.',
    )
    .argument('<username>', 'username or id of the account')
    .option('--json', 'print JSON')
    .action(async (name: string, { json, ...page }: PageOptions & { json?: boolean }, command: Command) => {
      await withContext(command, async ({ accounts, sessions }) => {
        const account = await requireAccount(accounts, name);
        const { sessions: found, next } = await sessions.list(account.id, page);
        if (json) printJson(found.map(describe));
        else {
          printTable(
            ['SESSION', 'LAST USED', 'BEGAN', 'EXPIRES', 'NETWORK', 'BROWSER', 'AMR', 'CLIENTS'],
            found.map(toRow),
          );
        }
        printNextPage(next);
      });
    });
}

function registerEnd(session: Command): void {
  session
    .command('end')
    .description(
      'Ends a session, and revokes its grants and refresh tokens, also those with offline_access. APIs that do not introspect\n' +
        'accept its JWTs until they expire.',
    )
    .argument('<username>', 'username or id of the account')
    .argument('[session]', 'as in `session list`')
    .option('--all', 'end all sessions and tokens of the account')
    .action(
      async (name: string, handle: string | undefined, { all }: { all?: boolean }, command: Command) => {
        if ((handle === undefined) !== (all === true)) {
          command.error('error: name one session, or use --all');
        }
        await withContext(command, async ({ accounts, sessions }) => {
          const { id, username } = await requireAccount(accounts, name);
          if (handle === undefined) {
            await accounts.signOut(id);
            printLine(`ended all sessions and tokens of ${username}`);
            return;
          }
          if (!(await sessions.end(id, handle)))
            throw new Error(`${username} has no session ${handle}: see \`signet session list ${username}\``);
          printLine(`ended session ${handle} of ${username}; its refresh tokens are revoked`);
        });
      },
    );
}

function describe({ handle, expiresAt, beganAt, lastUsedAt, ...facts }: SessionInfo) {
  return {
    session: handle,
    beganAt: optionalTime(beganAt),
    lastUsedAt: optionalTime(lastUsedAt),
    expiresAt: formatTime(expiresAt),
    ...facts,
    browser: facts.userAgent === undefined ? undefined : browserName(facts.userAgent),
  };
}

function toRow(session: SessionInfo): string[] {
  const { session: handle, lastUsedAt = '', beganAt = '', expiresAt, ...facts } = describe(session);
  const { network = '', userAgent = '', browser = userAgent, amr = [], clients = [] } = facts;
  return [handle, lastUsedAt, beganAt, expiresAt, network, browser, amr.join(' '), clients.join(' ')];
}

function optionalTime(seconds: number | undefined): string | undefined {
  return seconds === undefined ? undefined : formatTime(seconds);
}
