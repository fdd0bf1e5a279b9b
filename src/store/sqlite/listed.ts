import { handleOf } from '../handle.ts';
import { grantsOfClient, grantsOfEnded, type StoredListing } from '../listing.ts';
import type { ListedKind, ListedPage, ListedStore } from '../store.ts';
import { INDEXED_BY_ACCOUNT } from './artifact-rows.ts';
import type { Connection } from './connection.ts';

/** Sessions and consents by account: a column of their artifacts, and the index of artifacts by account. */
export class SqliteListed implements ListedStore {
  readonly #connection: Connection;
  readonly #now: () => number;
  #sql: ReturnType<typeof prepareStatements> | undefined;

  /** @param now epoch seconds */
  constructor(connection: Connection, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  list(
    kind: ListedKind,
    accountId: string,
    { after, limit }: { after?: string | undefined; limit: number },
  ): Promise<ListedPage> {
    return this.#connection.read(() => {
      const page = { kind, accountId, now: this.#now(), limit: limit + 1, ...parseCursor(after) };
      const rows = this.#statements.list.all(page);
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return {
        records: shown.map((row) => ({
          handle: handleOf(row.alias ?? row.id),
          expiresAt: row.expiresAt,
          facts: parseListing(row.listed)?.facts,
        })),
        next: last && cursorOf(last),
      };
    });
  }

  endSession(accountId: string, handle: string, until: number): Promise<boolean> {
    return this.#connection.write(() => {
      const sql = this.#statements;
      const now = this.#now();
      const sessions = sql.sessions.all({ accountId, now });
      const ended = sessions.filter(({ id, alias }) => handleOf(alias ?? id) === handle);
      if (ended.length === 0) return false;
      const others = sessions.filter((session) => !ended.includes(session));
      const grants = grantsOfEnded(
        ended.map(({ listed }) => parseListing(listed)),
        others.map(({ listed }) => parseListing(listed)),
        () => sql.grants.all({ accountId }).map(({ grantId }) => text(grantId)),
      );
      this.#revoke(grants, until);
      for (const { id } of ended) {
        sql.mark.run({ id, now });
        sql.destroy.run({ id });
      }
      return true;
    });
  }

  async revokeClient(accountId: string, clientId: string, until: number): Promise<void> {
    await this.#connection.write(() => {
      const sessions = this.#statements.sessions.all({ accountId, now: this.#now() });
      const listings = sessions.map(({ listed }) => parseListing(listed));
      this.#revoke(grantsOfClient(listings, clientId), until);
    });
  }

  /** @param grants base64url digests */
  #revoke(grants: readonly string[], until: number): void {
    for (const grant of grants) {
      const grantId = Buffer.from(grant, 'base64url');
      this.#statements.revokeGrant.run({ grantId, until });
      this.#statements.destroyByGrant.run({ grantId });
    }
  }

  /** Only commands and pages for people list: a server starts without preparing these. */
  get #statements(): ReturnType<typeof prepareStatements> {
    return (this.#sql ??= prepareStatements(this.#connection));
  }
}

interface Row {
  id: Uint8Array;
  alias: Uint8Array | null;
  expiresAt: number;
  listed: string | null;
}

/** The place of a row in the order of the list. */
function cursorOf({ id, expiresAt }: Row): string {
  return `${expiresAt}.${text(id)}`;
}

function parseCursor(cursor: string | undefined): { expiresAt: number; id: Buffer } {
  const [expiresAt, id = ''] = cursor?.split('.') ?? [];
  const seconds = Number(expiresAt ?? Number.MAX_SAFE_INTEGER);
  return { expiresAt: Number.isSafeInteger(seconds) ? seconds : 0, id: Buffer.from(id, 'base64url') };
}

function parseListing(json: string | null): StoredListing | undefined {
  return json === null ? undefined : JSON.parse(json);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

const ARTIFACTS_OF_ACCOUNT = `
  FROM artifacts INDEXED BY artifacts_of_account
    LEFT JOIN consumed ON consumed.id = artifacts.id AND consumed.expires_at > :now
  WHERE account_id = :accountId AND ${INDEXED_BY_ACCOUNT} AND artifacts.expires_at > :now`;

function prepareStatements(connection: Connection) {
  return {
    list: connection.prepare<Row>(`
      SELECT artifacts.id, alias, artifacts.expires_at AS expiresAt, listed ${ARTIFACTS_OF_ACCOUNT} AND kind = :kind
        AND at IS NULL AND (artifacts.expires_at, artifacts.id) < (:expiresAt, :id)
      ORDER BY artifacts.expires_at DESC, artifacts.id DESC LIMIT :limit`),

    sessions: connection.prepare<Row>(`
      SELECT artifacts.id, alias, artifacts.expires_at AS expiresAt, listed ${ARTIFACTS_OF_ACCOUNT} AND kind = 'Session'`),

    grants: connection.prepare<{ grantId: Uint8Array }>(`
      SELECT grant_id AS grantId FROM artifacts INDEXED BY artifacts_of_account
      WHERE account_id = :accountId AND ${INDEXED_BY_ACCOUNT} AND grant_id IS NOT NULL`),

    revokeGrant: connection.prepare(`
      INSERT INTO revoked_grants (id, expires_at) VALUES (:grantId, :until)
      ON CONFLICT (id) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`),

    destroyByGrant: connection.prepare('DELETE FROM artifacts WHERE grant_id = :grantId'),

    mark: connection.prepare(`
      INSERT INTO consumed (id, at, expires_at)
      SELECT id, :now, expires_at FROM artifacts WHERE id = :id
      ON CONFLICT (id) DO UPDATE SET at = excluded.at, expires_at = max(expires_at, excluded.expires_at)`),

    destroy: connection.prepare('DELETE FROM artifacts WHERE id = :id'),
  };
}
