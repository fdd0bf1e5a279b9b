import { INDEXED_BY_ACCOUNT } from './artifact-rows.ts';
import type { Connection } from './connection.ts';

/**
 * The jobs that the end of a session enqueues. They are in the listing of the session, so one statement copies them, in the transaction
 * that ends the session.
 */
export class SessionJobs {
  readonly #connection: Connection;
  readonly #now: () => number;
  readonly #listeners: (() => void)[] = [];
  /** A server without such an end starts without preparing these. */
  #sql: ReturnType<typeof prepareStatements> | undefined;

  /** @param now epoch seconds */
  constructor(connection: Connection, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  /** See `JobStore.onEnqueue`. */
  onEnqueue(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** After the enqueueing statement, which other processes and callers see with the commit. */
  announce(jobs: number): void {
    if (jobs > 0) for (const listener of this.#listeners) listener();
  }

  /** @param id digest of the id of the session */
  enqueueOf(id: Uint8Array): void {
    this.announce(this.#statements.ofSession.run({ id, now: this.#now() }));
  }

  enqueueOfAccount(accountId: string, sessions: 'all' | readonly string[]): void {
    const values = { accountId, now: this.#now() };
    if (sessions === 'all') this.announce(this.#statements.ofAccount.run({ ...values, handle: null }));
    else for (const handle of sessions) this.announce(this.#statements.ofAccount.run({ ...values, handle }));
  }

  get #statements(): ReturnType<typeof prepareStatements> {
    return (this.#sql ??= prepareStatements(this.#connection));
  }
}

const ENQUEUE = `
  INSERT OR IGNORE INTO jobs (id, kind, account_id, client_id, sealed, state, created_at, since, due_at, attempts)
  SELECT value ->> 'id', value ->> 'kind', value ->> 'accountId', value ->> 'clientId', value ->> 'sealed', 'waiting', :now, :now, :now, 0`;

function prepareStatements(connection: Connection) {
  return {
    ofSession: connection.prepare(`${ENQUEUE}
      FROM artifacts, json_each(listed, '$.jobs') WHERE artifacts.id = :id`),

    // The handle: ../handle.ts.
    ofAccount: connection.prepare(`${ENQUEUE}
      FROM artifacts INDEXED BY artifacts_of_account
        LEFT JOIN consumed ON consumed.id = artifacts.id AND consumed.expires_at > :now,
        json_each(listed, '$.jobs')
      WHERE account_id = :accountId AND ${INDEXED_BY_ACCOUNT} AND artifacts.kind = 'Session' AND artifacts.expires_at > :now
        AND at IS NULL
        AND (:handle IS NULL OR lower(hex(substr(coalesce(alias, artifacts.id), 1, 8))) = :handle)`),
  };
}
