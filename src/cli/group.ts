import type { Command } from 'commander';
import { createGroups, type Group, type Groups } from '../accounts/groups.ts';
import { listAllClients } from './all-clients.ts';
import { type CommandContext, withContext } from './context.ts';
import { formatTime, printFacts, printJson, printLine, printTable, printWarning } from './output.ts';
import { addPageOptions, type PageOptions, printNextPage } from './paging.ts';
import { createProgress } from './progress.ts';
import { requireAccount } from './require-account.ts';

/** `signet group`: groups of accounts. Every change takes effect at once, also on a running server. */

export function register(program: Command): void {
  const group = program
    .command('group')
    .summary('manage groups of accounts')
    .description(
      'Manages groups. A client may be for the members of groups only (allowed_groups), and give them roles (roles): docs/groups.md.\n' +
        'Changes take effect at once, also on a running server.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ signet group add editors --description "May write articles"
  $ signet group add-member editors alice bob
  $ signet group members editors
  $ signet group rename editors authors`,
    );
  registerAdd(group);
  registerList(group);
  registerShow(group);
  registerMembers(group);
  registerMembership(group);
  registerRename(group);
  registerRemove(group);
}

interface JsonOption {
  json?: boolean;
}

function groupsOf({ store, audit, clock }: CommandContext): Groups {
  return createGroups({ store, audit, clock });
}

async function requireGroup(groups: Groups, name: string): Promise<Group> {
  const group = await groups.find(name);
  if (group === undefined) throw new Error(`there is no group ${name}`);
  return group;
}

function registerAdd(parent: Command): void {
  parent
    .command('add')
    .description(
      'Adds a group without members. Accounts that have its name in their claim groups already are its members.',
    )
    .argument('<name>', 'name, as in the claim groups of its members')
    .option('--description <text>', 'what it is for')
    .action(async (name: string, { description }: { description?: string }, command: Command) => {
      await withContext(command, async (context) => {
        await groupsOf(context).add({ name, description });
        printLine(`added the group ${name}`);
      });
    });
}

function registerList(parent: Command): void {
  parent
    .command('list')
    .description('Lists all groups.')
    .option('--json', 'print JSON')
    .action(async ({ json }: JsonOption, command: Command) => {
      await withContext(command, async (context) => {
        const groups = await groupsOf(context).list();
        if (json) printJson(groups);
        else {
          printTable(
            ['GROUP', 'CREATED', 'DESCRIPTION'],
            groups.map(({ name, createdAt, description = '' }) => [name, formatTime(createdAt), description]),
          );
        }
      });
    });
}

function registerShow(parent: Command): void {
  parent
    .command('show')
    .description('Shows a group, and the clients that name it.')
    .argument('<name>', 'the group')
    .option('--json', 'print JSON')
    .action(async (name: string, { json }: JsonOption, command: Command) => {
      await withContext(command, async (context) => {
        const group = await requireGroup(groupsOf(context), name);
        const uses = await usesOf(context, name);
        if (json) printJson({ ...group, clients: uses });
        else {
          printFacts({
            group: name,
            description: group.description,
            created: formatTime(group.createdAt),
            clients: uses.join(', ') || 'none',
          });
        }
      });
    });
}

function registerMembers(parent: Command): void {
  addPageOptions(parent.command('members'))
    .description('Lists the members of a group by username.')
    .argument('<name>', 'the group')
    .option('--json', 'print JSON')
    .action(async (name: string, { json, limit, after }: JsonOption & PageOptions, command: Command) => {
      await withContext(command, async (context) => {
        const members = await groupsOf(context).members(name, { after, limit });
        if (json) printJson(members.map(({ id, username }) => ({ id, username })));
        else {
          printTable(
            ['USERNAME', 'ID'],
            members.map(({ id, username }) => [username, id]),
          );
        }
        printNextPage(members.length === limit ? members.at(-1)?.username : undefined);
      });
    });
}

function registerMembership(parent: Command): void {
  for (const [name, description, change] of [
    ['add-member', 'Makes accounts members of a group.', 'addMember'],
    ['remove-member', 'Ends the membership of accounts. What it gave them ends at once.', 'removeMember'],
  ] as const) {
    parent
      .command(name)
      .description(description)
      .argument('<name>', 'the group')
      .argument('<username...>', 'accounts, by username or id')
      .action(async (group: string, usernames: string[], _options: unknown, command: Command) => {
        await withContext(command, async (context) => {
          const groups = groupsOf(context);
          // All are found before the first is changed.
          const members = [];
          for (const username of usernames) members.push(await requireAccount(context.accounts, username));
          for (const { id, username } of members) {
            const isChanged = await groups[change](group, id);
            const isMember = change === 'addMember' ? 'is a member of' : 'is no member of';
            printLine(`${username} ${isMember} ${group}${isChanged ? '' : ' already'}`);
          }
        });
      });
  }
}

function registerRename(parent: Command): void {
  parent
    .command('rename')
    .description(
      'Gives a group another name, also in the claims of its members. Repeat it after an interruption.',
    )
    .argument('<name>', 'the group')
    .argument('<new-name>', 'its new name')
    .action(async (name: string, to: string, _options: unknown, command: Command) => {
      await withContext(command, async (context) => {
        const progress = createProgress('members moved');
        const members = await groupsOf(context)
          .rename(name, to, () => progress.advance())
          .finally(() => progress.end());
        printLine(`renamed ${name} to ${to}, with ${membersIn(members)}`);
        await warnOfUses(context, name);
      });
    });
}

function registerRemove(parent: Command): void {
  parent
    .command('remove')
    .description('Removes a group, and ends its memberships. Repeat it after an interruption.')
    .argument('<name>', 'the group')
    .action(async (name: string, _options: unknown, command: Command) => {
      await withContext(command, async (context) => {
        const progress = createProgress('memberships ended');
        const members = await groupsOf(context)
          .remove(name, () => progress.advance())
          .finally(() => progress.end());
        printLine(`removed ${name}, which had ${membersIn(members)}`);
        await warnOfUses(context, name);
      });
    });
}

async function warnOfUses(context: CommandContext, name: string): Promise<void> {
  for (const client of await usesOf(context, name))
    printWarning(`the client ${client} names the group ${name}: change its allowed_groups or roles`);
}

/** The ids of the clients whose metadata names a group. */
async function usesOf({ clients }: CommandContext, name: string): Promise<string[]> {
  const ids: string[] = [];
  for (const { id, metadata } of await listAllClients(clients)) {
    const { allowed_groups: allowed = [], roles = {} } = metadata as {
      allowed_groups?: string[];
      roles?: Record<string, string[]>;
    };
    if ([...allowed, ...Object.values(roles).flat()].includes(name)) ids.push(id);
  }
  return ids;
}

function membersIn(count: number): string {
  return `${count} ${count === 1 ? 'member' : 'members'}`;
}
