import { type Command, Option } from 'commander';
import type { Accounts } from '../accounts/accounts.ts';
import type { DescribedEvent } from '../audit/described-event.ts';
import { AUDIT_EVENTS, AUDIT_OUTCOMES, type AuditOutcome } from '../audit/events.ts';
import { searchEvents } from '../audit/search.ts';
import type { AuditActor, AuditTarget } from '../store/store.ts';
import {
  ACTOR_KINDS,
  parseActor,
  parseAddress,
  parseOutcome,
  parseTarget,
  parseTime,
  parseTraceId,
  parseType,
  type Party,
  TARGET_KINDS,
} from './audit-options.ts';
import { withContext } from './context.ts';
import { parseLimit } from './limit-option.ts';
import { printJson, printTable } from './output.ts';

/** `signet audit`: queries of the audit trail. */

interface ListOptions {
  type?: string;
  outcome?: AuditOutcome;
  actor?: Party<AuditActor['kind']>;
  target?: Party<AuditTarget['kind']>;
  account?: string;
  client?: string;
  ip?: readonly string[];
  since?: number;
  until?: number;
  trace?: string;
  reference?: string;
  limit: number;
  json?: boolean;
}

export function register(program: Command): void {
  const audit = program
    .command('audit')
    .summary('read the audit trail')
    .description('Reads the audit trail: sign-ins, consent, tokens, and changes of accounts and clients.');
  audit
    .command('list')
    .description('Lists events, newest first. An event matches all given options.')
    .option('--type <type>', 'only events of this type', parseType)
    .option(
      '--outcome <outcome>',
      `only events with this outcome: ${AUDIT_OUTCOMES.join(' or ')}`,
      parseOutcome,
    )
    .option('--actor <actor>', `only events caused by: ${forms(ACTOR_KINDS)}`, parseActor)
    .option('--target <target>', `only events that change or use: ${forms(TARGET_KINDS)}`, parseTarget)
    .option('--account <username>', 'only events about this account, by username or id')
    .option('--client <client_id>', 'only events about this client')
    .option('--ip <address>', 'only events of requests from this address', parseAddress)
    .option(
      '--since <time>',
      'only events from this time on: 2026-01-31, 2026-01-31T08:00:00Z, or 24h ago as 24h',
      parseTime,
    )
    .option('--until <time>', 'only events before this time, in the same forms', parseTime)
    .option(
      '--trace <id>',
      'only events of the request with this trace id: responses have it as Trace-Id, log lines as traceId',
      parseTraceId,
    )
    .addOption(
      new Option('--reference <id>', 'the same as --trace; error pages show the trace id as the reference')
        .argParser(parseTraceId)
        .conflicts('trace'),
    )
    .option('--limit <count>', 'maximum number of events', parseLimit, 50)
    .option('--json', 'print JSON')
    .addHelpText('after', helpText)
    .action(listEvents);
}

async function listEvents(
  { json, limit, account, client, actor, target, trace, reference, ...filters }: ListOptions,
  command: Command,
): Promise<void> {
  await withContext(command, async ({ store, accounts }) => {
    const idOf = async (party: Party<string> | undefined): Promise<{ id?: string }> =>
      party?.id !== undefined && (party.kind === 'person' || party.kind === 'account')
        ? { id: await accountId(accounts, party.id) }
        : {};
    const search = {
      ...filters,
      accountId: account && (await accountId(accounts, account)),
      clientId: client,
      traceId: trace ?? reference,
      actor: actor && { ...actor, ...(await idOf(actor)) },
      target: target && { ...target, ...(await idOf(target)) },
    };
    const events: DescribedEvent[] = [];
    for await (const event of searchEvents(store.audit, search)) {
      if (events.push(event) === limit) break;
    }
    if (json) printJson(events.map(withIsoTime));
    else
      printTable(['TIME', 'TYPE', 'ACTOR', 'TARGET', 'ACCOUNT', 'CLIENT', 'IP', 'DETAIL'], events.map(toRow));
  });
}

/** The events of a removed account are found by its id. */
async function accountId(accounts: Accounts, name: string): Promise<string> {
  return (await accounts.findByUsername(name))?.id ?? name;
}

function withIsoTime({ at, ...event }: DescribedEvent): Record<string, unknown> {
  return { at: new Date(at).toISOString(), ...event };
}

function toRow(event: DescribedEvent): string[] {
  const { accountId = '', clientId = '' } = event;
  const shown = [accountId, clientId];
  return [
    new Date(event.at).toISOString(),
    event.type,
    partyText(event.actor, shown),
    partyText(event.target, shown),
    accountId,
    clientId,
    event.ip ?? '',
    event.detail === undefined ? '' : JSON.stringify(event.detail),
  ];
}

/** As the options take it; without an id that another column has. */
function partyText(party: AuditActor | AuditTarget | undefined, shown: readonly string[]): string {
  if (party === undefined) return '';
  const { kind, id } = party;
  return id === undefined || shown.includes(id) ? kind : `${kind}:${id}`;
}

function forms(kinds: Readonly<Record<string, boolean>>): string {
  return Object.entries(kinds)
    .map(([kind, hasId]) => (hasId ? `${kind}[:id]` : kind))
    .join(', ');
}

function helpText(): string {
  const types = Object.entries(AUDIT_EVENTS);
  const width = Math.max(...types.map(([type]) => type.length));
  const list = types.map(([type, { meaning, outcome }]) => `  ${type.padEnd(width)}  ${outcome}  ${meaning}`);
  return `
The id of a person or an account is a username or an account id, that of a client its client_id, of an operator the name of
the operating system's user, of a key its kid, of a token its jti.

Types and their outcomes:
${list.join('\n')}

Examples:
  $ signet audit list --type login.failed --since 24h
  $ signet audit list --actor operator --since 7d
  $ signet audit list --target client:shop --json
  $ signet audit list --outcome failure --ip 203.0.113.9
  $ signet audit list --trace 019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d40`;
}
