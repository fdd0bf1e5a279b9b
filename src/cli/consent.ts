import type { Command } from 'commander';
import type { ConsentInfo } from '../accounts/consents.ts';
import { withContext } from './context.ts';
import { formatTime, printJson, printLine, printTable } from './output.ts';
import { addPageOptions, type PageOptions, printNextPage } from './paging.ts';
import { requireAccount } from './require-account.ts';

/** `signet consent`: what an account has allowed to clients. Changes take effect at once, also on a running server. */

export function register(program: Command): void {
  const consent = program
    .command('consent')
    .summary('list and withdraw consents')
    .description(
      'Lists and withdraws the consents of an account: what it has allowed to clients. Changes take effect at once, also on a\n' +
        'running server.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ signet consent list alice
  $ signet consent withdraw alice shop`,
    );
  registerList(consent);
  registerWithdraw(consent);
}

function registerList(consent: Command): void {
  addPageOptions(consent.command('list'))
    .description('Lists the remembered consents of an account by client_id, with their scopes and APIs.')
    .argument('<username>', 'username or id of the account')
    .option('--json', 'print JSON')
    .action(async (name: string, { json, ...page }: PageOptions & { json?: boolean }, command: Command) => {
      await withContext(command, async ({ accounts, consents }) => {
        const account = await requireAccount(accounts, name);
        const { consents: found, next } = await consents.list(account.id, page);
        if (json) printJson(found.map(describe));
        else {
          printTable(
            ['CLIENT_ID', 'NAME', 'GIVEN', 'EXPIRES', 'SCOPES', 'APIS'],
            found.map((each) => toRow(describe(each))),
          );
        }
        printNextPage(next);
      });
    });
}

function registerWithdraw(consent: Command): void {
  consent
    .command('withdraw')
    .description(
      'Withdraws consent from a client: the client gets no tokens any more, its refresh tokens are revoked in all sessions,\n' +
        'and the next authorization asks again. APIs that do not introspect accept its JWTs until they expire.',
    )
    .argument('<username>', 'username or id of the account')
    .argument('<client_id>')
    .action(async (name: string, clientId: string, _options: unknown, command: Command) => {
      await withContext(command, async ({ accounts, consents }) => {
        const { id, username } = await requireAccount(accounts, name);
        if (!(await consents.withdraw(id, clientId))) throw new Error(`there is no client ${clientId}`);
        printLine(`withdrew the consent of ${username} to ${clientId}; its grants are revoked`);
      });
    });
}

function describe({ clientId, clientName, givenAt, expiresAt, openid, claims, resources }: ConsentInfo) {
  return {
    clientId,
    clientName,
    givenAt: givenAt === undefined ? undefined : formatTime(givenAt),
    expiresAt: expiresAt === undefined ? undefined : formatTime(expiresAt),
    scopes: openid,
    ...(claims !== undefined && { claims }),
    apis: resources,
  };
}

function toRow(consent: ReturnType<typeof describe>): string[] {
  const { clientId, clientName = '', givenAt = '', expiresAt = '', scopes, claims = [], apis } = consent;
  const scopeList = [...scopes, ...claims.map((claim) => `+${claim}`)];
  const apiList = Object.entries(apis).map(([api, ofApi]) => [api, ...ofApi].join(' '));
  return [clientId, clientName, givenAt, expiresAt, scopeList.join(' '), apiList.join(', ')];
}
