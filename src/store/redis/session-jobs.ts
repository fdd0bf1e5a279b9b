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
 * sent without an end.
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

  /**
   * Not bounded in time: each page of the account's sessions is one operation.
   * @param known ids of jobs that were enqueued before; those that this call enqueues are added
   */
  async enqueueOfAccount(
    accountId: string,
    sessions: 'all' | readonly string[],
    known: Set<string>,
  ): Promise<void> {
    if (sessions.length === 0) return;
    let page: JobDraft[] = [];
    const records = listedRecords(
      { redis: this.#redis, epochs: this.#epochs, now: this.#now },
      'Session',
      accountId,
    );
    for await (const { handle, header, consumed } of records) {
      if (consumed || (sessions !== 'all' && !sessions.includes(handle))) continue;
      page.push(...(header.listed?.jobs ?? []).filter(({ id }) => !known.has(id)));
      if (page.length < MAX_BATCH) continue;
      await this.#add(page, known);
      page = [];
    }
    await this.#add(page, known);
  }

  async #add(jobs: readonly JobDraft[], known: Set<string>): Promise<void> {
    await this.#jobs.add(jobs);
    for (const { id } of jobs) known.add(id);
  }
}

/** Jobs that are enqueued at once. */
const MAX_BATCH = 100;
