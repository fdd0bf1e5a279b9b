import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Account, Accounts, AccountFilter } from '../accounts/accounts.ts';
import { AccountError } from '../accounts/errors.ts';
import { normalizeUsername } from '../accounts/username.ts';
import { withContext } from './context.ts';
import { parseLimit } from './limit-option.ts';
import { formatTime, printJson, printTable } from './output.ts';
import { shownAccount } from './require-account.ts';

/** `signet user list`: all accounts, or a page of those that match. */

/** Accounts that are read at a time. */
const PAGE_SIZE = 500;

interface ListOptions {
  search?: string;
  group?: string;
  disabled?: true;
  enabled?: true;
  after?: string;
  limit?: number;
  json?: boolean;
}

export function registerList(user: Command): void {
  user
    .command('list')
    .description('Lists accounts by username: all, or those for which every given option is true.')
    .option(
      '--search <text>',
      'only accounts whose username, email address, or name from any of its words on begins with this text, without case',
      parseSearch,
    )
    .option('--group <name>', 'only accounts in this group')
    .addOption(new Option('--disabled', 'only disabled accounts').conflicts('enabled'))
    .addOption(new Option('--enabled', 'only accounts that are not disabled').conflicts('disabled'))
    .option('--after <username>', 'only accounts after this username, to continue a list', parseAfter)
    .option('--limit <count>', 'maximum number of accounts', parseLimit)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ signet user list --search liddell
  $ signet user list --group staff --disabled
  $ signet user list --limit 100 --after maria`,
    )
    .action(async ({ json, ...options }: ListOptions, command: Command) => {
      await withContext(command, async ({ accounts }) => {
        const { found, more } = await listAccounts(accounts, options);
        if (json) printJson(found.map(shownAccount));
        else printTable(['USERNAME', 'STATE', 'EMAIL', 'CREATED', 'ID'], found.map(toRow));
        const last = found.at(-1);
        if (more && last) process.stderr.write(`there are more: continue with --after ${last.username}\n`);
      });
    });
}

export function stateOf({ disabled, hasPassword }: Account): string {
  if (disabled) return 'disabled';
  return hasPassword ? 'active' : 'no password';
}

/** @returns up to `limit` accounts, and whether there are more */
async function listAccounts(
  accounts: Accounts,
  { search, group, disabled, enabled, after, limit = Infinity }: ListOptions,
): Promise<{ found: Account[]; more: boolean }> {
  const filter: AccountFilter = {
    search,
    group,
    disabled: disabled ?? (enabled === undefined ? undefined : false),
  };
  const found: Account[] = [];
  // One more than asked for tells whether there are more.
  while (found.length <= limit) {
    const size = Math.min(PAGE_SIZE, limit + 1 - found.length);
    const page = await accounts.list({ ...filter, after: found.at(-1)?.username ?? after, limit: size });
    found.push(...page);
    if (page.length < size) return { found, more: false };
  }
  return { found: found.slice(0, limit), more: true };
}

function toRow(account: Account): string[] {
  return [
    account.username,
    stateOf(account),
    typeof account.claims.email === 'string' ? account.claims.email : '',
    formatTime(account.createdAt),
    account.id,
  ];
}

function parseSearch(text: string): string {
  if (text.trim() === '')
    throw new InvalidArgumentError('Expected the beginning of a username, an email address or a name.');
  return text;
}

/** In any spelling. There need not be such an account. */
function parseAfter(text: string): string {
  try {
    return normalizeUsername(text);
  } catch (error) {
    throw error instanceof AccountError ? new InvalidArgumentError(`${error.message}.`) : error;
  }
}
