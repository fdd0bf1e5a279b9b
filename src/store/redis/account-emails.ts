import { digestText } from '../sealing.ts';
import { emailKey } from '../email-key.ts';
import type { AccountRecord } from '../store.ts';
import type { Connection } from './connection/connection.ts';
import { keys, PREFIXES } from './keys.ts';
import { scan } from './scan.ts';

/**
 * The index of email addresses: a sorted set with one member for each account that has an address. Every write of an account maintains
 * it; accounts written before the index existed are added when uniqueness is required for the first time.
 */

/** Members in one read. */
const PAGE = 1000;

/** `<digest of the address>\0<account id>`; '' for an account without an address. */
export function emailMember(account: AccountRecord | undefined): string {
  const key = emailKey(account?.claims.email);
  return account === undefined || key === undefined ? '' : `${emailDigest(key)}\u0000${account.id}`;
}

/** The range of members with an address. @param key of the address, from `emailKey` */
export function emailMembersOf(key: string | undefined): [from: string, to: string] {
  return key === undefined ? ['', ''] : [`[${emailDigest(key)}\u0000`, `(${emailDigest(key)}\u0001`];
}

export function accountIdOf(member: string): string {
  return member.slice(member.indexOf('\u0000') + 1);
}

/**
 * Adds every account to the index, once for each Redis. Does not mark an empty Redis as done: it must stay empty for a backup to be
 * restored into it.
 */
export async function completeEmailIndex(redis: Connection): Promise<void> {
  const done = await redis.operation(() => redis.command((client) => client.exists(keys.emailsComplete)));
  if (done === 1) return;
  let accounts = 0;
  for await (const names of scan(redis, PREFIXES.account)) {
    accounts += names.length;
    await redis.operation(() => Promise.all(names.map((name) => indexAccount(redis, name))));
  }
  if (accounts === 0) return;
  await redis.operation(() => redis.send((client) => client.set(keys.emailsComplete, '1')));
}

async function indexAccount(redis: Connection, name: string): Promise<void> {
  let outcome: unknown;
  do {
    const text = await redis.command((client) => client.get(name));
    if (text === null) return;
    const account: AccountRecord = JSON.parse(text);
    const member = emailMember(account);
    if (member === '') return;
    outcome = await redis.runDurably('indexEmail', [name, keys.emails], [text, member]);
  } while (outcome === 0);
}

/** The ids of accounts that share an address, for at most `limit` addresses; an account may have changed its address meanwhile. */
export async function sharedEmailIds(redis: Connection, limit: number): Promise<string[][]> {
  const shared: string[][] = [];
  let group: string[] = [];
  let from = '-';
  const close = (): void => {
    if (group.length > 1) shared.push(group.map(accountIdOf));
    group = [];
  };
  while (shared.length < limit) {
    const start = from;
    const members = await redis.operation(() =>
      redis.command((client) => client.zrange(keys.emails, start, '+', 'BYLEX', 'LIMIT', 0, PAGE)),
    );
    for (const member of members) {
      if (group[0] !== undefined && addressOf(group[0]) !== addressOf(member)) close();
      group.push(member);
    }
    if (members.length < PAGE) {
      close();
      break;
    }
    from = `(${members.at(-1)}`;
  }
  return shared.slice(0, limit);
}

function addressOf(member: string): string {
  return member.slice(0, member.indexOf('\u0000'));
}

function emailDigest(key: string): string {
  return digestText('email', 'Account', key);
}
