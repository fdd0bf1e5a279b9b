import type { StoredListing } from '../listing.ts';
import type { JobDraft } from '../store.ts';
import { listedRecords } from './artifacts/listed.ts';
import type { Connection } from './connection/connection.ts';
import type { RedisJobs } from './jobs.ts';
import { RevocationEpochs } from './revocation/revocation-epochs.ts';

/**
 * The jobs that the end of a session enqueues. The session, its account and the outbox are in three slots, which no script of a cluster
 * spans. So the jobs are enqueued before the session ends, and confirmed as durably as the end itself:
 *
 *     1. enqueue the jobs ──▶ 2. end the session ──▶ 3. of an account: enqueue what its sessions have got since 1.
 *
 * A crash before 2 leaves jobs of a session that lives, which their sender drops (`port/jobs.ts`). So no end loses its jobs, and none is
 * sent without an end. Only an account with thousands of sessions has some of them in step 3 alone, which a crash can lose.
 */
export class SessionJobs {
  readonly #redis: Connection;
  readonly #epochs: RevocationEpochs;
  readonly #jobs: RedisJobs;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(redis: Connection, jobs: RedisJobs, now: () => number) {
    this.#redis = redis;
    this.#epochs = new RevocationEpochs(redis, now);
    this.#jobs = jobs;
    this.#now = now;
  }

  /** @returns whether there was anything to enqueue */
  async enqueueOf({ jobs = [] }: Partial<StoredListing> = {}): Promise<boolean> {
    await this.#jobs.add(jobs);
    return jobs.length > 0;
  }

  /** After the end. */
  announce(): void {
    this.#jobs.announce();
  }

  /** For one change of an account. */
  ofAccount(accountId: string): AccountJobs {
    const reader = { redis: this.#redis, epochs: this.#epochs, now: this.#now };
    return new AccountJobs(this.#jobs, () => listedRecords(reader, 'Session', accountId));
  }
}

/** Jobs that are enqueued at once. */
const MAX_BATCH = 100;

/** Sessions whose jobs are enqueued within the operation that changes the account: a fraction of the time that it has. */
const MAX_SESSIONS_BEFORE = 2000;

class AccountJobs {
  readonly #jobs: RedisJobs;
  readonly #sessions: () => ReturnType<typeof listedRecords>;
  readonly #enqueued = new Set<string>();
  #ended: 'all' | readonly string[] = [];

  constructor(jobs: RedisJobs, sessions: () => ReturnType<typeof listedRecords>) {
    this.#jobs = jobs;
    this.#sessions = sessions;
  }

  /** @param ended handles of the sessions that the change will end */
  async enqueueBefore(ended: 'all' | readonly string[]): Promise<void> {
    this.#ended = ended;
    await this.#enqueue(MAX_SESSIONS_BEFORE);
  }

  /** After the change. Not bounded in time: each page of the sessions is an operation of its own. */
  async enqueueRest(): Promise<void> {
    await this.#enqueue(Infinity);
    if (this.#enqueued.size > 0) this.#jobs.announce();
  }

  async #enqueue(limit: number): Promise<void> {
    if (this.#ended.length === 0) return;
    let [page, seen]: [JobDraft[], number] = [[], 0];
    for await (const { handle, header, consumed } of this.#sessions()) {
      if (consumed || (this.#ended !== 'all' && !this.#ended.includes(handle))) continue;
      page.push(...(header.listed?.jobs ?? []).filter(({ id }) => !this.#enqueued.has(id)));
      seen += 1;
      if (seen >= limit) break;
      if (page.length < MAX_BATCH) continue;
      await this.#add(page);
      page = [];
    }
    await this.#add(page);
  }

  async #add(jobs: readonly JobDraft[]): Promise<void> {
    await this.#jobs.add(jobs);
    for (const { id } of jobs) this.#enqueued.add(id);
  }
}
