import { ARTIFACT_KINDS } from '../../port/artifact-kinds.ts';
import { digest, seal, sealingKey, unseal } from '../../sealing.ts';
import type { ArtifactKind, ArtifactWrite, Payload } from '../../store.ts';
import type { Connection } from '../connection/connection.ts';
import { idDigest, keys } from '../keys.ts';
import { lifetime } from '../lifetime.ts';
import type { EpochReferences, Issue } from '../revocation/revocation-epochs.ts';
import type { ScriptArgument } from '../scripts.ts';
import { type ArtifactRecord, encodeRecord } from './artifact-record.ts';

/** An artifact, sealed once, that has not joined the epochs of its owners yet. */
export interface PreparedWrite {
  kind: ArtifactKind;
  id: string;
  sealed: Buffer;
  alias: Alias | undefined;
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
    issue: {
      kind,
      grantId: kind === 'Grant' ? id : write.grantId,
      accountId,
      session: kind === 'Session' ? idDigest(kind, id) : undefined,
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
 * Writes a record and its alias, in one round trip. When the process or Redis ends between them, no caller has an acknowledgement: an alias
 * without its record finds nothing, and a record without its alias is found by its id only.
 * @param options further arguments of the script
 */
export async function writeRecord(
  redis: Connection,
  script: 'writeArtifact' | 'createArtifact',
  { kind, id, sealed, alias, issue: { expiresAt } }: PreparedWrite,
  epochs: EpochReferences,
  now: number,
  ...options: ScriptArgument[]
): Promise<Written> {
  const ttl = lifetime(expiresAt, now);
  const record = encodeRecord({ expiresAt, ...epochs, ...(alias && { alias: alias.digest }) }, sealed);
  const [reply] = await Promise.all([
    redis.write(ARTIFACT_KINDS[kind], script, recordKeys(kind, id), [
      record,
      ttl,
      now,
      expiresAt,
      ...options,
    ]),
    alias && writeAlias(redis, alias, kind, id, ttl),
  ]);
  return { record, reply };
}

async function writeAlias(
  redis: Connection,
  alias: Alias,
  kind: ArtifactKind,
  id: string,
  ttl: number,
): Promise<void> {
  const sealedId = seal(sealingKey(kind, alias.value), id);
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
  return digest(purpose, kind, value).toString('base64url');
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
