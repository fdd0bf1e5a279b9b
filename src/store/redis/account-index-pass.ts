import { randomUUID } from 'node:crypto';
import type { AccountRecord } from '../store.ts';
import { emailMember } from './account-emails.ts';
import { membersOf } from './account-index.ts';
import { decodeAccount, idOf, usernameRange } from './account-records.ts';
import type { Connection } from './connection/connection.ts';
import { keys } from './keys.ts';

/**
 * Completes the index of searches, and that of email addresses: versions of Signet without them may have written accounts to this Redis,
 * and may do so while this version runs. A pass looks at every account once and adds the members that are missing. The first pass builds
 * the index of searches; until it has ended, searches do not use that index. Any number of processes may call: a lease gives the work to one of them, and when that one ends,
 * another one continues where it was.
 */

/** All in epoch seconds. */
const LEASE_SECONDS = 30;
/** After a pass that has added something, a version without the index may still be running. */
const SOON_SECONDS = 3600;
const LATER_SECONDS = 6 * 3600;
/** The start of a process may be the end of an upgrade; processes that start together need one pass. */
const RECENT_SECONDS = 600;

interface PassState {
  /** Whether a pass has ever ended. */
  complete: boolean;
  /** When the last pass began, and when the next one is due. */
  startedAt: number;
  dueAt: number;
  /** Of a pass that has begun: the last username that it has looked at, the accounts to which it has added members, who does it. */
  running?: { after: string; added: number; holder: string; until: number };
}

interface Stored {
  text: string;
  state: PassState;
}

/** @returns whether searches can use the index */
export async function isIndexComplete(redis: Connection): Promise<boolean> {
  return (await read(redis)).state.complete;
}

export class IndexPass {
  readonly #redis: Connection;
  readonly #now: () => number;
  readonly #holder = randomUUID();
  #started = true;

  /** @param now epoch seconds */
  constructor(redis: Connection, now: () => number) {
    this.#redis = redis;
    this.#now = now;
  }

  /** As `completeIndex` of the port. */
  proceed(limit: number): Promise<number> {
    return this.#redis.operation(async () => {
      const { text, state } = await read(this.#redis);
      const running = this.#nextPass(state);
      if (running === undefined) return 0;
      const members = await this.#redis.command((client) =>
        client.zrange(
          keys.usernames,
          running.after === '' ? '-' : usernameRange(running.after)[1],
          '+',
          'BYLEX',
          'LIMIT',
          0,
          limit,
        ),
      );
      // An empty Redis is not marked: it must stay empty for a backup to be restored into it.
      if (text === '' && members.length === 0) return 0;
      const startedAt = running.after === '' ? this.#now() : state.startedAt;
      const claim: PassState = { ...state, startedAt, running };
      if (!(await this.#replace(text, claim))) return 0;
      const added = running.added + (await this.#addMissing(members));
      const ended = members.length < limit;
      const dueAt = this.#now() + (added > 0 ? SOON_SECONDS : LATER_SECONDS);
      const after = members.at(-1)?.split('\u0000')[0] ?? '';
      const next: PassState = ended
        ? { complete: true, startedAt, dueAt }
        : { ...claim, running: { ...running, after, added } };
      return (await this.#replace(JSON.stringify(claim), next)) ? members.length : 0;
    });
  }

  /** The pass that this process may proceed with, if there is one. */
  #nextPass({ running, complete, startedAt, dueAt }: PassState): PassState['running'] {
    const now = this.#now();
    const isFirst = this.#started;
    this.#started = false;
    const lease = { holder: this.#holder, until: now + LEASE_SECONDS };
    if (running !== undefined) {
      // A time-out lies in the past, or too far ahead because a clock was wrong.
      const held = running.until > now && running.until <= now + LEASE_SECONDS;
      return held && running.holder !== this.#holder ? undefined : { ...running, ...lease };
    }
    const due = !complete || dueAt <= now || dueAt > now + LATER_SECONDS;
    if (!due && !(isFirst && startedAt <= now - RECENT_SECONDS)) return undefined;
    return { after: '', added: 0, ...lease };
  }

  /** Never removes a member, so that a change at the same time loses none. @returns the number of accounts that lacked one */
  async #addMissing(members: readonly string[]): Promise<number> {
    if (members.length === 0) return 0;
    const texts = await this.#redis.command((client) =>
      client.mget(members.map((member) => keys.account(idOf(member)))),
    );
    const accounts = texts.flatMap((text) => (text === null ? [] : decodeAccount(text)));
    await this.#addMissingEmails(accounts);
    const wanted = accounts.map(membersOf);
    const all = wanted.flat();
    if (all.length === 0) return 0;
    const scores = await this.#redis.command((client) => client.zmscore(keys.accountIndex, all));
    const missing = new Set(all.filter((_, index) => scores[index] === null));
    if (missing.size === 0) return 0;
    await this.#redis.command((client) =>
      client.zadd(keys.accountIndex, ...[...missing].flatMap((member) => [0, member])),
    );
    return wanted.filter((ofAccount) => ofAccount.some((member) => missing.has(member))).length;
  }

  /** An address that the account has lost meanwhile is compared with its record at every use (`accounts.ts`). */
  async #addMissingEmails(accounts: readonly AccountRecord[]): Promise<void> {
    const wanted = accounts.map(emailMember).filter((member) => member !== '');
    if (wanted.length === 0) return;
    const scores = await this.#redis.command((client) => client.zmscore(keys.emails, wanted));
    const missing = wanted.filter((_, index) => scores[index] === null);
    if (missing.length === 0) return;
    await this.#redis.command((client) =>
      client.zadd(keys.emails, ...missing.flatMap((member) => [0, member])),
    );
  }

  /** Durable: a replica that has the mark of the end also has the members that were added before. */
  async #replace(expected: string, state: PassState): Promise<boolean> {
    const args = [expected, JSON.stringify(state)];
    return (await this.#redis.runDurably('replaceIndexState', [keys.accountIndexState], args)) === 1;
  }
}

async function read(redis: Connection): Promise<Stored> {
  const text = (await redis.command((client) => client.get(keys.accountIndexState))) ?? '';
  return { text, state: text === '' ? { complete: false, startedAt: 0, dueAt: 0 } : JSON.parse(text) };
}
