import { type Command, InvalidArgumentError } from 'commander';
import { AUDIT_EVENTS } from '../audit/events.ts';
import { parseDuration } from '../config/duration.ts';
import { nearest } from '../config/nearest.ts';
import { timeOfTraceId } from '../observability/trace-id.ts';
import type { AuditEvent, AuditQuery, AuditStore } from '../store/store.ts';
import { withContext } from './context.ts';
import { MAX_LIMIT, parseLimit } from './limit-option.ts';
import { printJson, printTable } from './output.ts';

/** `signet audit`: queries of the audit trail. */

interface ListOptions {
  type?: string;
  account?: string;
  client?: string;
  since?: number;
  until?: number;
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
    .description('Lists events, newest first.')
    .option('--type <type>', 'only events of this type', parseType)
    .option('--account <username>', 'only events about this account, by username or id')
    .option('--client <client_id>', 'only events about this client')
    .option(
      '--since <time>',
      'only events from this time on: 2026-01-31, 2026-01-31T08:00:00Z, or 24h ago as 24h',
      parseTime,
    )
    .option('--until <time>', 'only events before this time, in the same forms', parseTime)
    .option(
      '--reference <id>',
      'only events of the request with this reference: error pages show it, responses have it as Trace-Id',
      parseReference,
    )
    .option('--limit <count>', 'maximum number of events', parseLimit, 50)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      () =>
        `\nTypes:\n${typeList()}\n\nExamples:\n  $ signet audit list --type login.failed --since 24h\n  $ signet audit list --reference 019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d40`,
    )
    .action(async ({ account, client, json, reference, ...query }: ListOptions, command: Command) => {
      await withContext(command, async ({ store, accounts }) => {
        const found = account === undefined ? undefined : await accounts.findByUsername(account);
        const filters = { ...query, accountId: found?.id ?? account, clientId: client };
        const events =
          reference === undefined
            ? await store.audit.list(filters)
            : await listRequest(store.audit, reference, filters);
        if (json) printJson(events.map(withIsoTime));
        else printTable(['TIME', 'TYPE', 'ACCOUNT', 'CLIENT', 'IP', 'DETAIL'], events.map(toRow));
      });
    });
}

/** Events of a request are searched in this range around the time in its reference. The clock may be set back during a request. */
const MAX_REQUEST_MS = 60_000;
const MAX_CLOCK_STEP_MS = 5000;

/** The events of one request, found by the time in its reference (a UUID of version 7). */
async function listRequest(
  audit: AuditStore,
  reference: string,
  { since = 0, until = Infinity, limit, ...filters }: AuditQuery,
): Promise<AuditEvent[]> {
  const arrived = timeOfTraceId(reference) ?? 0;
  const events = await audit.list({
    ...filters,
    since: Math.max(since, arrived - MAX_CLOCK_STEP_MS),
    until: Math.min(until, arrived + MAX_REQUEST_MS),
    limit: MAX_LIMIT,
  });
  return events.filter(({ traceId }) => traceId === reference).slice(0, limit);
}

function withIsoTime({ at, ...event }: AuditEvent): Record<string, unknown> {
  return { at: new Date(at).toISOString(), ...event };
}

function toRow(event: AuditEvent): string[] {
  return [
    new Date(event.at).toISOString(),
    event.type,
    event.accountId ?? '',
    event.clientId ?? '',
    event.ip ?? '',
    event.detail === undefined ? '' : JSON.stringify(event.detail),
  ];
}

function typeList(): string {
  const types = Object.entries(AUDIT_EVENTS);
  const width = Math.max(...types.map(([type]) => type.length));
  return types.map(([type, meaning]) => `  ${type.padEnd(width)}  ${meaning}`).join('\n');
}

function parseType(text: string): string {
  if (text in AUDIT_EVENTS) return text;
  const close = nearest(text, Object.keys(AUDIT_EVENTS));
  throw new InvalidArgumentError(
    close === undefined ? 'See --help for the types.' : `Did you mean ${close}?`,
  );
}

/** @returns epoch milliseconds */
function parseTime(text: string): number {
  const ago = parseDuration(text);
  const time = ago === undefined ? Date.parse(text) : Date.now() - ago * 1000;
  if (Number.isNaN(time))
    throw new InvalidArgumentError('Expected a date, a date and time, or a length of time like 24h.');
  return time;
}

function parseReference(text: string): string {
  const reference = text.trim().toLowerCase();
  if (timeOfTraceId(reference) === undefined)
    throw new InvalidArgumentError('Expected a reference like 019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d40.');
  return reference;
}
