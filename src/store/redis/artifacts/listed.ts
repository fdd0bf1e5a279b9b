import { handleOf } from '../../handle.ts';
import { grantsOfClient, grantsOfEnded } from '../../listing.ts';
import type { ListedKind, ListedPage, ListedRecord, ListedStore } from '../../store.ts';
import type { Connection } from '../connection/connection.ts';
import { keysByDigest } from '../keys.ts';
import { type IndexEntry, RevocationEpochs } from '../revocation/revocation-epochs.ts';
import { decodeRecord, type Header } from './artifact-record.ts';

/** Index entries that are read with their records at once. */
const BATCH = 100;

/** Sessions and consents by account: the index of the account, and the headers of its artifacts. */
export class RedisListed implements ListedStore {
  readonly #redis: Connection;
  readonly #epochs: RevocationEpochs;
  readonly #now: () => number;
  readonly #reader: Reader;

  /** @param now epoch seconds */
  constructor(redis: Connection, now: () => number) {
    this.#redis = redis;
    this.#epochs = new RevocationEpochs(redis, now);
    this.#now = now;
    this.#reader = { redis, epochs: this.#epochs, now };
  }

  list(
    kind: ListedKind,
    accountId: string,
    { after, limit }: { after?: string | undefined; limit: number },
  ): Promise<ListedPage> {
    return this.#redis.operation(async () => {
      const found: (IndexEntry & { record: ListedRecord })[] = [];
      for await (const { entry, handle, header, consumed } of listedRecords(
        this.#reader,
        kind,
        accountId,
        parseCursor(after),
      )) {
        if (consumed) continue;
        if (found.length === limit) return { records: found.map(toRecord), next: cursorOf(found.at(-1)) };
        const { expiresAt, listed } = header;
        found.push({
          ...entry,
          record: { handle, expiresAt, facts: listed?.facts },
        });
      }
      return { records: found.map(toRecord), next: undefined };
    });
  }

  endSession(accountId: string, handle: string, until: number): Promise<boolean> {
    return this.#redis.operation(async () => {
      const all = await Array.fromAsync(listedRecords(this.#reader, 'Session', accountId));
      const ended = all.filter((session) => session.handle === handle);
      if (ended.length === 0) return false;
      const others = all.filter((session) => !ended.includes(session));
      const isUnlisted = ended.some(({ header }) => header.listed === undefined);
      const grants = isUnlisted ? await this.#epochs.grantsOf(accountId) : [];
      // The session last: after an interruption, the next call finds it, and revokes the remaining grants.
      await this.#epochs.revokeGrants(
        grantsOfEnded(
          ended.map(({ header }) => header.listed),
          others.map(({ header }) => header.listed),
          () => grants,
        ),
        until,
      );
      await Promise.all(
        ended.map(({ entry }) =>
          this.#redis.runDurably('endArtifact', recordKeys('Session', entry.id), [this.#now()]),
        ),
      );
      return true;
    });
  }

  revokeClient(accountId: string, clientId: string, until: number): Promise<void> {
    return this.#redis.operation(async () => {
      const sessions = await Array.fromAsync(listedRecords(this.#reader, 'Session', accountId));
      const listings = sessions.map(({ header }) => header.listed);
      await this.#epochs.revokeGrants(grantsOfClient(listings, clientId), until);
    });
  }
}

/** What `listedRecords` reads with. */
interface Reader {
  redis: Connection;
  epochs: RevocationEpochs;
  /** Epoch seconds. */
  now: () => number;
}

interface Found {
  entry: IndexEntry;
  handle: string;
  header: Header;
  consumed: boolean;
}

/** The records of an account in the order of its index, without those that have expired or were destroyed or revoked. Each page is an operation. */
export async function* listedRecords(
  reader: Reader,
  kind: ListedKind,
  accountId: string,
  after?: IndexEntry,
): AsyncGenerator<Found> {
  const from = after?.expiresAt;
  for (let offset = 0; ; offset += BATCH) {
    const { entries, found } = await reader.redis.operation(async () => {
      const page = await reader.epochs.listedOf(kind, accountId, { from, offset, limit: BATCH });
      const fresh = page.filter((entry) => after === undefined || isBehind(entry, after));
      return { entries: page, found: await Promise.all(fresh.map((entry) => read(reader, kind, entry))) };
    });
    yield* found.filter((record) => record !== undefined);
    if (entries.length < BATCH) return;
  }
}

async function read(
  { redis, epochs, now }: Reader,
  kind: ListedKind,
  entry: IndexEntry,
): Promise<Found | undefined> {
  const [value, mark] = await redis.command((client) => client.mgetBuffer(...recordKeys(kind, entry.id)));
  const record = decodeRecord(value, mark, now());
  // An artifact that was written again without its account keeps its place in the index.
  if (record?.header.account === undefined) return undefined;
  if (!(await epochs.areCurrent(kind, record.header))) return undefined;
  const { header, consumed } = record;
  return { entry, handle: handleIn(header, entry.id), header, consumed: consumed !== undefined };
}

function recordKeys(kind: ListedKind, digest: string): [record: string, mark: string] {
  return [keysByDigest.artifact(kind, digest), keysByDigest.consumed(kind, digest)];
}

function handleIn({ alias }: Header, id: string): string {
  return handleOf(Buffer.from(alias ?? id, 'base64url'));
}

function toRecord({ record }: { record: ListedRecord }): ListedRecord {
  return record;
}

/** Members with the same score are in the order of their bytes. */
function isBehind(entry: IndexEntry, after: IndexEntry): boolean {
  if (entry.expiresAt !== after.expiresAt) return entry.expiresAt < after.expiresAt;
  return entry.id < after.id;
}

function cursorOf(entry: IndexEntry | undefined): string | undefined {
  return entry && `${entry.expiresAt}.${entry.id}`;
}

function parseCursor(cursor: string | undefined): IndexEntry | undefined {
  if (cursor === undefined) return undefined;
  const [expiresAt, id = ''] = cursor.split('.');
  return { expiresAt: Number(expiresAt) || 0, id };
}
