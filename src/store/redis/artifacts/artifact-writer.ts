import { ARTIFACT_KINDS } from '../../port/artifact-kinds.ts';
import { type StoredListing, toStoredListing } from '../../listing.ts';
import { digestText, seal, sealingKey, unseal } from '../../sealing.ts';
import type { ArtifactKind, ArtifactUnit, ArtifactWrite, Payload, UnitWrite } from '../../store.ts';
import type { Connection } from '../connection/connection.ts';
import { idDigest, keys } from '../keys.ts';
import { lifetime } from '../lifetime.ts';
import { type EpochReferences, isListed, type Issue } from '../revocation/revocation-epochs.ts';
import type { ScriptArgument } from '../scripts.ts';
import { type ArtifactRecord, encodeRecord } from './artifact-record.ts';

/** An artifact, sealed once, that has not joined the epochs of its owners yet. */
export interface PreparedWrite {
  kind: ArtifactKind;
  id: string;
  sealed: Buffer;
  alias: Alias | undefined;
  listed: StoredListing | undefined;
  issue: Issue;
}

interface Alias {
  purpose: 'uid' | 'user code';
  value: string;
  digest: string;
}

export function prepareWrite(kind: ArtifactKind, id: string, write: ArtifactWrite): PreparedWrite {
  const { expiresAt, accountId } = write;
  return {
    kind,
    id,
    sealed: seal(sealingKey(kind, id), JSON.stringify(write.payload)),
    alias: aliasOf(kind, write),
    listed: write.listed && toStoredListing(write.listed),
    issue: {
      kind,
      grantId: kind === 'Grant' ? id : write.grantId,
      accountId,
      listedId: isListed(kind) ? idDigest(kind, id) : undefined,
      expiresAt,
    },
  };
}

/** A record that was sent to Redis, and the script's reply. */
export interface Written {
  record: Buffer;
  reply: unknown;
}

/**
 * `replace`: the alias leads to this record from now on. `keep`: it leads to this record, or to a later one already. `later`: `writeAlias` is
 * called when the unit has not been refused.
 */
type AliasOrder = 'replace' | 'keep' | 'later';

/**
 * An alias leads to one record, and the last one wins. A session that gets a new id has its uid from the record before: a unit that is
 * refused must not have led the uid to a record that it takes back.
 */
export function aliasOrder(write: UnitWrite | undefined, unit: ArtifactUnit): AliasOrder {
  if (write?.version !== undefined) return 'keep';
  return canBeRefused(unit) ? 'later' : 'replace';
}

/** Whether a record that is written may have to be taken back. */
export function canBeRefused(unit: ArtifactUnit): boolean {
  const { consume, writes = [], unchanged = [], accounts = [], clients = [] } = unit;
  return (
    consume !== undefined || writes.length > 1 || unchanged.length + accounts.length + clients.length > 0
  );
}

/**
 * Writes a record and its alias, in one round trip. When the process or Redis ends between them, no caller has an acknowledgement: an alias
 * without its record finds nothing, and a record without its alias is found by its id only.
 * @param options further arguments of the script
 */
export async function writeRecord(
  redis: Connection,
  script: 'writeArtifact' | 'createArtifact',
  write: PreparedWrite,
  epochs: EpochReferences,
  now: number,
  order: AliasOrder,
  ...options: ScriptArgument[]
): Promise<Written> {
  const {
    kind,
    id,
    sealed,
    alias,
    listed,
    issue: { expiresAt },
  } = write;
  const ttl = lifetime(expiresAt, now);
  const header = { expiresAt, ...epochs, ...(alias && { alias: alias.digest }), ...(listed && { listed }) };
  const record = encodeRecord(header, sealed);
  const [reply] = await Promise.all([
    redis.write(ARTIFACT_KINDS[kind], script, recordKeys(kind, id), [
      record,
      ttl,
      now,
      expiresAt,
      ...options,
    ]),
    order === 'replace' && writeAlias(redis, write, now),
    order === 'keep' && keepAlias(redis, write, now),
  ]);
  return { record, reply };
}

async function keepAlias(
  redis: Connection,
  { kind, id, alias, issue: { expiresAt } }: PreparedWrite,
  now: number,
): Promise<void> {
  if (alias === undefined) return;
  const ttl = lifetime(expiresAt, now);
  const [key, sealedId] = [keys.alias(alias.digest), seal(sealingKey(kind, alias.value), id)];
  await redis.send((client) =>
    Promise.all([client.set(key, sealedId, 'PX', ttl, 'NX'), client.pexpire(key, ttl, 'GT')]),
  );
}

export async function writeAlias(
  redis: Connection,
  { kind, id, alias, issue: { expiresAt } }: PreparedWrite,
  now: number,
): Promise<void> {
  if (alias === undefined) return;
  const sealedId = seal(sealingKey(kind, alias.value), id);
  const ttl = lifetime(expiresAt, now);
  await redis.send((client) => client.set(keys.alias(alias.digest), sealedId, 'PX', ttl));
}

function aliasOf(kind: ArtifactKind, { uid, userCode }: ArtifactWrite): Alias | undefined {
  if (uid !== undefined && userCode !== undefined)
    throw new TypeError('an artifact has one second key at most');
  const value = uid ?? userCode;
  if (value === undefined) return undefined;
  const purpose = uid === undefined ? 'user code' : 'uid';
  return { purpose, value, digest: aliasDigest(kind, purpose, value) };
}

export function aliasDigest(kind: ArtifactKind, purpose: Alias['purpose'], value: string): string {
  return digestText(purpose, kind, value);
}

export type RecordKeys = [record: string, mark: string];

export function recordKeys(kind: ArtifactKind, id: string): RecordKeys {
  return [keys.artifact(kind, id), keys.consumed(kind, id)];
}

export function readPayload(
  kind: ArtifactKind,
  id: string,
  record: ArtifactRecord | undefined,
): Payload | undefined {
  if (!record) return undefined;
  const payload: Payload = JSON.parse(unseal(sealingKey(kind, id), record.sealed));
  return record.consumed === undefined ? payload : { ...payload, consumed: record.consumed };
}
