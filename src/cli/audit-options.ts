import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { InvalidArgumentError } from 'commander';
import { AUDIT_EVENTS, AUDIT_OUTCOMES, type AuditOutcome } from '../audit/events.ts';
import { parseDuration } from '../config/duration.ts';
import { nearest } from '../config/nearest.ts';
import { timeOfTraceId } from '../observability/trace-id.ts';
import type { AuditActor, AuditTarget } from '../store/store.ts';

/** Values of the options of `signet audit list`. */

/** `kind` or `kind:id`, as given: the id of an account may be its username. */
export interface Party<Kind extends string> {
  kind: Kind;
  id?: string;
}

/** Whether the id says which one. */
export const ACTOR_KINDS: Readonly<Record<AuditActor['kind'], boolean>> = {
  person: true,
  client: true,
  operator: true,
  system: false,
};

export const TARGET_KINDS: Readonly<Record<AuditTarget['kind'], boolean>> = {
  account: true,
  client: true,
  consent: false,
  grant: false,
  group: true,
  job: true,
  key: true,
  session: true,
  token: true,
};

export function parseActor(text: string): Party<AuditActor['kind']> {
  return parseParty(text, ACTOR_KINDS);
}

export function parseTarget(text: string): Party<AuditTarget['kind']> {
  return parseParty(text, TARGET_KINDS);
}

function parseParty<Kind extends string>(text: string, kinds: Readonly<Record<Kind, boolean>>): Party<Kind> {
  const [, given = '', id] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const names = Object.keys(kinds) as Kind[];
  const kind = names.find((name) => name === given);
  if (kind === undefined) {
    const close = nearest(given, names);
    throw new InvalidArgumentError(
      close === undefined ? `Expected ${names.join(', ')}.` : `Did you mean ${close}?`,
    );
  }
  if (id === undefined) return { kind };
  if (!kinds[kind]) throw new InvalidArgumentError(`${kind} has no id.`);
  if (id === '') throw new InvalidArgumentError(`Expected ${kind}, or ${kind}: and an id.`);
  return { kind, id };
}

export function parseOutcome(text: string): AuditOutcome {
  const outcome = AUDIT_OUTCOMES.find((name) => name === text);
  if (outcome === undefined) throw new InvalidArgumentError(`Expected ${AUDIT_OUTCOMES.join(' or ')}.`);
  return outcome;
}

/**
 * The spellings of an address in the audit trail: events have it as the network or the proxy reports it, an IPv4 address also as an IPv6
 * address (RFC 4291 §2.5.5.2).
 */
export function parseAddress(text: string): readonly string[] {
  if (isIP(text) === 0) throw new InvalidArgumentError('Expected an IP address.');
  const address = ipaddr.process(text).toString();
  return [...new Set([address, ...(isIP(address) === 4 ? [`::ffff:${address}`] : []), text])];
}

export function parseType(text: string): string {
  if (Object.hasOwn(AUDIT_EVENTS, text)) return text;
  const close = nearest(text, Object.keys(AUDIT_EVENTS));
  throw new InvalidArgumentError(
    close === undefined ? 'See --help for the types.' : `Did you mean ${close}?`,
  );
}

/** @returns epoch milliseconds */
export function parseTime(text: string): number {
  const ago = parseDuration(text);
  const time = ago === undefined ? Date.parse(text) : Date.now() - ago * 1000;
  if (Number.isNaN(time))
    throw new InvalidArgumentError('Expected a date, a date and time, or a length of time like 24h.');
  return time;
}

export function parseTraceId(text: string): string {
  const traceId = text.trim().toLowerCase();
  if (timeOfTraceId(traceId) === undefined)
    throw new InvalidArgumentError('Expected a reference like 019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d40.');
  return traceId;
}
