import { ALL_ARTIFACT_KINDS } from '../../port/artifact-kinds.ts';
import type { ArtifactKind, DumpRecord, SigningKeyRecord } from '../../store.ts';
import { decodeRecord } from '../artifacts/artifact-record.ts';
import { RedisClients } from '../clients.ts';
import type { Connection } from '../connection/connection.ts';
import { RedisJobs } from '../jobs.ts';
import { RevocationEpochs } from '../revocation/revocation-epochs.ts';
import { keys, keysByDigest, parseKey, PREFIXES } from '../keys.ts';
import { scan } from '../scan.ts';
import { RedisSigningKeys } from '../signing-keys.ts';

const PAGE = 500;

/**
 * Reads everything that has not expired.
 *
 * Redis has no snapshots: a record that changes meanwhile is read either before or after the change. Marks, replay ids and tombstones
 * are read after the artifacts they apply to, so a dump never contains an artifact that was consumed or revoked before it was read
 * without the mark or tombstone.
 * @param now epoch seconds
 * @param onEnded called for each artifact that is skipped because its grant or account was revoked
 */
export async function* dumpRedis(
  redis: Connection,
  now: number,
  onEnded: () => void = () => {},
): AsyncGenerator<DumpRecord> {
  yield* artifacts(redis, now, onEnded);
  for await (const { kind, id, value } of marks(redis, 'consumed')) {
    const [at = 0, expiresAt = 0] = value.split(' ').map(Number);
    if (expiresAt > now) yield { type: 'consumption', kind, id, at, expiresAt };
  }
  for await (const { kind, id, value } of marks(redis, 'once')) {
    if (Number(value) > now) yield { type: 'replay id', kind, id, expiresAt: Number(value) };
  }
  yield* tombstones(redis, now);
  yield* accounts(redis);
  yield* clients(redis);
  for (const key of await signingKeys(redis)) yield { type: 'signing key', key };
  for await (const job of new RedisJobs(redis, () => now).dump()) yield { type: 'job', job };
  yield* auditEvents(redis);
}

async function* artifacts(redis: Connection, now: number, onEnded: () => void): AsyncGenerator<DumpRecord> {
  const epochs = new RevocationEpochs(redis, () => now);
  const read = async (name: string): Promise<DumpRecord | undefined> => {
    const value = await redis.command((client) => client.getBuffer(name));
    const record = decodeRecord(value, undefined, now);
    if (!record) return undefined;
    const { kind, digest: id } = parseKey(name);
    const { expiresAt, grant, account, alias, listed } = record.header;
    if (!(await epochs.areCurrent(kind, record.header))) {
      onEnded();
      return undefined;
    }
    const sealedId = alias && (await redis.command((client) => client.getBuffer(keys.alias(alias))));
    return {
      type: 'artifact',
      kind,
      id,
      sealed: record.sealed.toString('base64url'),
      expiresAt,
      grant: grant?.[0],
      account: account?.[0],
      ...(alias && sealedId && { alias: { id: alias, sealedId: sealedId.toString('base64url') } }),
      ...(listed && { listed }),
    };
  };
  for await (const names of scan(redis, PREFIXES.artifact)) {
    const found = await redis.operation(() => Promise.all(names.map(read)));
    yield* found.filter((record) => record !== undefined);
  }
}

interface Mark {
  kind: ArtifactKind;
  /** Digest. */
  id: string;
  value: string;
}

/** Each mark once, with the latest expiry, also when it is stored under several kinds (`load.ts`). */
async function* marks(redis: Connection, what: 'consumed' | 'once'): AsyncGenerator<Mark> {
  const expiry = (value: string): number => Number(value.slice(value.lastIndexOf(' ') + 1));
  const read = async (name: string): Promise<Mark | undefined> => {
    const { kind, digest: id } = parseKey(name);
    const names = ALL_ARTIFACT_KINDS.map((other) => keysByDigest[what](other, id));
    const values = await redis.command((client) => client.mget(names));
    const first = values.findIndex((value) => value !== null);
    if (ALL_ARTIFACT_KINDS[first] !== kind) return undefined;
    const known = values.filter((value) => value !== null);
    return { kind, id, value: known.reduce((a, b) => (expiry(b) > expiry(a) ? b : a)) };
  };
  for await (const names of scan(redis, PREFIXES[what])) {
    const found = await redis.operation(() => Promise.all(names.map(read)));
    yield* found.filter((mark) => mark !== undefined);
  }
}

async function* tombstones(redis: Connection, now: number): AsyncGenerator<DumpRecord> {
  for await (const names of scan(redis, PREFIXES.grantEpoch)) {
    const ends = await redis.operation(() =>
      redis.command((client) => Promise.all(names.map((name) => client.hget(name, 'until')))),
    );
    for (const [index, name] of names.entries()) {
      const expiresAt = Number(ends[index]);
      if (expiresAt > now) yield { type: 'tombstone', id: parseKey(name).digest, expiresAt };
    }
  }
}

/** Accounts by id, which never changes: paging by username could miss an account that is being renamed. */
async function* accounts(redis: Connection): AsyncGenerator<DumpRecord> {
  for await (const names of scan(redis, PREFIXES.account)) {
    const texts = await redis.operation(() => redis.command((client) => client.mget(names)));
    for (const text of texts) if (text !== null) yield { type: 'account', account: JSON.parse(text) };
  }
}

async function* clients(redis: Connection): AsyncGenerator<DumpRecord> {
  const all = new RedisClients(redis);
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await all.list({ after, limit: PAGE });
    for (const client of page) yield { type: 'client', client };
    after = page.at(-1)?.id;
  }
}

function signingKeys(redis: Connection): Promise<SigningKeyRecord[]> {
  return new RedisSigningKeys(redis).list();
}

/** Events by number, in the order of arrival; the oldest may have been pruned. */
async function* auditEvents(redis: Connection): AsyncGenerator<DumpRecord> {
  const last = Number(await redis.operation(() => redis.command((client) => client.get(keys.auditCounter))));
  for (let first = 1; first <= last; first += PAGE) {
    const size = Math.min(PAGE, last - first + 1);
    const numbers = Array.from({ length: size }, (_, index) => String(first + index).padStart(16, '0'));
    const texts = await redis.operation(() =>
      redis.command((client) => client.hmget(keys.auditEvents, ...numbers)),
    );
    for (const text of texts) if (text !== null) yield { type: 'audit event', event: JSON.parse(text) };
  }
}
