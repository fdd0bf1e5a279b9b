import { type Command, InvalidArgumentError } from 'commander';
import { AUDIT_EVENTS } from '../audit/events.ts';
import { duration } from '../config/duration.ts';
import { nearest } from '../config/nearest.ts';
import type { AuditEvent } from '../store/store.ts';
import { withContext } from './context.ts';
import { printJson, printTable } from './output.ts';

/** `signet audit`: what happened. */

interface ListOptions {
  type?: string;
  account?: string;
  client?: string;
  since?: number;
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
      parseSince,
    )
    .option('--limit <count>', 'at most so many', parseLimit, 50)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      () => `\nTypes:\n${typeList()}\n\nExample:\n  $ signet audit list --type login.failed --since 24h`,
    )
    .action(async ({ account, client, json, ...query }: ListOptions, command: Command) => {
      await withContext(command, async ({ store, accounts }) => {
        const found = account === undefined ? undefined : await accounts.findByUsername(account);
        const events = await store.audit.list({
          ...query,
          accountId: found?.id ?? account,
          clientId: client,
        });
        if (json) printJson(events.map(withIsoTime));
        else printTable(['TIME', 'TYPE', 'ACCOUNT', 'CLIENT', 'IP', 'DETAIL'], events.map(toRow));
      });
    });
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
function parseSince(text: string): number {
  const ago = duration.safeParse(text);
  const time = ago.success ? Date.now() - ago.data * 1000 : Date.parse(text);
  if (Number.isNaN(time))
    throw new InvalidArgumentError('Expected a date, a date and time, or a length of time like 24h.');
  return time;
}

function parseLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Expected a number from 1 to 999999.');
  return Number(text);
}
