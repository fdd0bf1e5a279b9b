import { type Command, InvalidArgumentError } from 'commander';
import { createLinks } from '../accounts/links.ts';
import { createInvitations, type Invitation, type Invitations } from '../accounts/sign-up/invitations.ts';
import { parseDuration } from '../config/duration.ts';
import { MAX_INVITATION_LIFETIME } from '../config/schema-sign-up.ts';
import { collect } from './claim-options.ts';
import { type CommandContext, withContext } from './context.ts';
import { formatTime, printFacts, printJson, printLine, printTable } from './output.ts';

/** `signet user invite`, `invitations`, `withdraw-invitation`: people who make their account themselves, by a link. */

interface InviteOptions {
  name?: string;
  group?: string[];
  expires?: number;
  mail?: boolean;
  locale?: string;
  json?: boolean;
}

export function registerInvitations(user: Command): void {
  registerInvite(user);
  registerList(user);
  registerWithdraw(user);
}

function registerInvite(user: Command): void {
  user
    .command('invite')
    .description(
      'Invites a person to make an account with an email address. Prints a link that works once, or sends it to the address.',
    )
    .argument('<address>', 'email address, which is also the username')
    .option('--name <text>', 'fills in the name')
    .option('--group <name>', 'a group that the account will belong to; repeat for more', collect)
    .option(
      '--expires <time>',
      'how long the link works: 12h, 7d (default: signUp.invitationLifetime)',
      parseExpiry,
    )
    .option('--mail', 'send the link to the address instead of printing it; the address is verified by it')
    .option('--locale <tag>', 'language of the mail, like en or fr-CA')
    .option('--json', 'print JSON')
    .action(async (address: string, options: InviteOptions, command: Command) => {
      await withContext(command, async (context) => {
        const { config, mail } = context;
        if (config.signUp.mode === 'off')
          throw new Error('signUp: is off in the configuration; set signUp: invitation');
        const isMailed = options.mail === true;
        if (isMailed && !mail.isEnabled) throw new Error('mail.server: is not set; leave out --mail');
        const { name, group: groups = [], expires: lifetime = config.signUp.invitationLifetime } = options;
        const wanted = { address, name, groups, isMailed, lifetime };
        const { invitation, url } = await invitationsOf(context).add(wanted);
        if (isMailed) await send(context, invitation, { url, lifetime, language: options.locale });
        print(invitation, isMailed ? undefined : url, options);
      });
    });
}

async function send(
  { mail }: CommandContext,
  { address: to, expiresAt: at }: Invitation,
  { url, lifetime, language }: { url: string; lifetime: number; language: string | undefined },
): Promise<void> {
  await mail.send('invitation', { to, url, lifetime, language, values: { at } });
}

/** @param link only here: a link that was mailed proves the address, so it is not printed too */
function print(invitation: Invitation, link: string | undefined, { json }: InviteOptions): void {
  const { address, expiresAt } = invitation;
  if (json) printJson({ ...described(invitation), link });
  else if (link === undefined) printLine(`invited ${address} by mail until ${formatTime(expiresAt)}`);
  else {
    printFacts({ address, expires: formatTime(expiresAt), link });
    printLine('The link works once and cannot be shown again. The person who opens it gets the account.');
  }
}

function registerList(user: Command): void {
  user
    .command('invitations')
    .description('Lists the open invitations, without their links.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      await withContext(command, async (context) => {
        const open = (await invitationsOf(context).list()).map(described);
        if (json) printJson(open);
        else {
          printTable(
            ['ADDRESS', 'NAME', 'GROUPS', 'MAILED', 'INVITED', 'EXPIRES'],
            open.map(
              ({ address, name = '', groups, mailed, created_at: createdAt, expires_at: expiresAt }) => [
                address,
                name,
                groups.join(' '),
                mailed ? 'yes' : 'no',
                createdAt,
                expiresAt,
              ],
            ),
          );
        }
      });
    });
}

function registerWithdraw(user: Command): void {
  user
    .command('withdraw-invitation')
    .description('Withdraws an open invitation: its link does not work any more.')
    .argument('<address>')
    .action(async (address: string, _options: unknown, command: Command) => {
      await withContext(command, async (context) => {
        await invitationsOf(context).withdraw(address);
        printLine(`withdrew the invitation of ${address}`);
      });
    });
}

function invitationsOf({ store, audit, clock, config }: CommandContext): Invitations {
  const { accounts, issuer } = config;
  const links = createLinks({ artifacts: store.artifacts, clock });
  return createInvitations({ store, links, audit, accounts, issuer, clock });
}

function described({ address, name, groups, isMailed: mailed, createdAt, expiresAt }: Invitation) {
  return {
    address,
    name,
    groups,
    mailed,
    created_at: formatTime(createdAt),
    expires_at: formatTime(expiresAt),
  };
}

function parseExpiry(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('Expected a number with a unit: 12h, 7d.');
  if (seconds > MAX_INVITATION_LIFETIME)
    throw new InvalidArgumentError('An invitation is valid for 90 days at most.');
  return seconds;
}
