import { StoreUnavailableError } from '../../errors.ts';
import { ARTIFACT_KINDS } from '../../port/artifact-kinds.ts';
import { toStoredListing } from '../../listing.ts';
import { digest, seal, sealingKey, unseal } from '../../sealing.ts';
import type { ArtifactChange, ArtifactKind, ArtifactStore, ArtifactWrite, Payload } from '../../store.ts';
import { type ArtifactRecord, decodeRecord, encodeRecord } from './artifact-record.ts';
import type { Connection } from '../connection/connection.ts';
import { isListed, RevocationEpochs } from '../revocation/revocation-epochs.ts';
import { idDigest, keys, keysByDigest } from '../keys.ts';
import { lifetime } from '../lifetime.ts';

/** The first attempt succeeds unless the artifact is written again between the read and the script. */
const MAX_CONSUME_ATTEMPTS = 10;

/**
 * Codes, tokens, sessions, grants and interactions.
 *
 * An artifact is a record (`artifact-record.ts`). The mark of its consumption is a key of its own in the same slot:
 *
 *     absent ──upsert, update, create──▶ valid ──consume──▶ consumed
 *       ▲                                  │                   │
 *       └──────────────────────────────────┴───────────────────┘
 *          destroy; expiry; destroyByGrant, revokeGrant, revokeAccount (a new epoch)
 *
 * The mark survives the destruction of its artifact: an id that was consumed, destroyed and written again is consumed, until it expires.
 *
 * Owns the records, marks, aliases and replay ids. Revocation is the business of `../revocation/`, which decides whether a record is
 * still valid; which writes wait for replicas is decided by `ARTIFACT_KINDS` (`../../port/artifact-kinds.ts`).
 */
export class RedisArtifacts implements ArtifactStore {
  readonly #redis: Connection;
  readonly #epochs: RevocationEpochs;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(redis: Connection, now: () => number) {
    this.#redis = redis;
    this.#epochs = new RevocationEpochs(redis, now);
    this.#now = now;
  }

  async upsert(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<void> {
    await this.#write('writeArtifact', kind, id, write);
  }

  update(kind: ArtifactKind, id: string, change: ArtifactChange): Promise<void> {
    return this.#redis.operation(async () => {
      for (;;) {
        const { raw, record } = await this.#readRaw(kind, recordKeys(kind, id));
        const write = change(readPayload(kind, id, record));
        if ((await this.#writeRecord('writeArtifact', kind, id, write, raw)) !== 0) return;
      }
    });
  }

  async create(kind: ArtifactKind, id: string, write: ArtifactWrite): Promise<boolean> {
    return (await this.#write('createArtifact', kind, id, write)) === 1;
  }

  #write(
    script: 'writeArtifact' | 'createArtifact',
    kind: ArtifactKind,
    id: string,
    write: ArtifactWrite,
  ): Promise<unknown> {
    return this.#redis.operation(() => this.#writeRecord(script, kind, id, write));
  }

  /** @param current the record that must be replaced, empty for none; absent: whichever is there */
  async #writeRecord(
    script: 'writeArtifact' | 'createArtifact',
    kind: ArtifactKind,
    id: string,
    write: ArtifactWrite,
    ...current: Buffer[]
  ): Promise<unknown> {
    const { expiresAt, accountId } = write;
    const sealed = seal(sealingKey(kind, id), JSON.stringify(write.payload));
    const alias = aliasOf(kind, write);
    const replicated = ARTIFACT_KINDS[kind] === 'replicated';
    const listedId = isListed(kind) ? idDigest(kind, id) : undefined;
    const owners = { accountId, grantId: kind === 'Grant' ? id : write.grantId, listedId };
    const epochs = await this.#epochs.join(kind, owners, expiresAt, replicated);
    const now = this.#now();
    const ttl = lifetime(expiresAt, now);
    // The record last: an alias without its record finds nothing.
    if (alias) await this.#writeAlias(alias, kind, id, ttl);
    const listed = write.listed && toStoredListing(write.listed);
    const header = { expiresAt, ...epochs, ...(alias && { alias: alias.digest }), ...(listed && { listed }) };
    const record = encodeRecord(header, sealed);
    const [recordAndMark, args] = [recordKeys(kind, id), [record, ttl, now, expiresAt, ...current]];
    return replicated
      ? await this.#redis.runDurably(script, recordAndMark, args)
      : await this.#redis.run(script, recordAndMark, args);
  }

  async #writeAlias(alias: Alias, kind: ArtifactKind, id: string, ttl: number): Promise<void> {
    const sealedId = seal(sealingKey(kind, alias.value), id);
    await this.#redis.command((client) => client.set(keys.alias(alias.digest), sealedId, 'PX', ttl));
  }

  find(kind: ArtifactKind, id: string): Promise<Payload | undefined> {
    return this.#redis.operation(async () => readPayload(kind, id, await this.#read(kind, id)));
  }

  findByUid(kind: ArtifactKind, uid: string): Promise<Payload | undefined> {
    return this.#findByAlias(kind, 'uid', uid);
  }

  findByUserCode(kind: ArtifactKind, userCode: string): Promise<Payload | undefined> {
    return this.#findByAlias(kind, 'user code', userCode);
  }

  #findByAlias(kind: ArtifactKind, purpose: Alias['purpose'], value: string): Promise<Payload | undefined> {
    return this.#redis.operation(async () => {
      const alias = aliasDigest(kind, purpose, value);
      const sealedId = await this.#redis.command((client) => client.getBuffer(keys.alias(alias)));
      if (sealedId === null) return undefined;
      const id = unseal(sealingKey(kind, value), sealedId);
      const record = await this.#read(kind, id);
      return record?.header.alias === alias ? readPayload(kind, id, record) : undefined;
    });
  }

  /** The record, unless it has expired or was revoked. */
  async #read(kind: ArtifactKind, id: string): Promise<ArtifactRecord | undefined> {
    return (await this.#readRaw(kind, recordKeys(kind, id))).record;
  }

  /** Also the stored bytes, even of an artifact that has expired or was revoked. */
  async #readRaw(
    kind: ArtifactKind,
    recordAndMark: RecordKeys,
  ): Promise<{ raw: Buffer; record: ArtifactRecord | undefined }> {
    const [value, mark] = await this.#redis.command((client) => client.mgetBuffer(...recordAndMark));
    const record = decodeRecord(value, mark, this.#now());
    const isCurrent = record !== undefined && (await this.#epochs.areCurrent(kind, record.header));
    return { raw: value ?? Buffer.alloc(0), record: isCurrent ? record : undefined };
  }

  consume(kind: ArtifactKind, id: string): Promise<boolean> {
    return this.#redis.operation(async () => {
      for (let attempt = 0; attempt < MAX_CONSUME_ATTEMPTS; attempt++) {
        const record = await this.#read(kind, id);
        if (!record || record.consumed !== undefined) return false;
        const args = [record.rawHeader, this.#now(), record.header.expiresAt];
        const outcome = await this.#redis.runDurably('consume', recordKeys(kind, id), args);
        if (outcome !== 'changed') return outcome === 'first';
      }
      throw new StoreUnavailableError('the artifact changes too fast to be consumed');
    });
  }

  createOnce(kind: ArtifactKind, id: string, expiresAt: number): Promise<boolean> {
    return this.#redis.operation(async () => {
      const now = this.#now();
      // An id that has already expired cannot be remembered, so no caller is the first.
      if (expiresAt <= now) return false;
      const args = [now, expiresAt, lifetime(expiresAt, now)];
      return (await this.#redis.runDurably('createOnce', [keys.once(kind, id)], args)) === 1;
    });
  }

  destroy(kind: ArtifactKind, id: string): Promise<void> {
    return this.#redis.operation(async () => {
      await this.#redis.runDurably('destroyArtifact', [keys.artifact(kind, id)]);
    });
  }

  destroyByGrant(kind: ArtifactKind, grantId: string): Promise<void> {
    return this.#redis.operation(() => this.#epochs.destroyKind(kind, grantId));
  }

  revokeGrant(grantId: string, until: number): Promise<void> {
    return this.#redis.operation(() => this.#epochs.revokeGrant(grantId, until));
  }

  countSessions(accountId: string): Promise<number> {
    return this.#redis.operation(async () => {
      const digests = await this.#epochs.sessionsOf(accountId);
      const reads = await Promise.all(
        digests.map((id) =>
          this.#readRaw('Session', [
            keysByDigest.artifact('Session', id),
            keysByDigest.consumed('Session', id),
          ]),
        ),
      );
      return reads.filter(({ record }) => record !== undefined && record.consumed === undefined).length;
    });
  }

  revokeAccount(accountId: string, until: number): Promise<void> {
    return this.#redis.operation(() => this.#epochs.revokeAccount(accountId, until));
  }
}

interface Alias {
  purpose: 'uid' | 'user code';
  value: string;
  digest: string;
}

function aliasOf(kind: ArtifactKind, { uid, userCode }: ArtifactWrite): Alias | undefined {
  if (uid !== undefined && userCode !== undefined)
    throw new TypeError('an artifact has one second key at most');
  const value = uid ?? userCode;
  if (value === undefined) return undefined;
  const purpose = uid === undefined ? 'user code' : 'uid';
  return { purpose, value, digest: aliasDigest(kind, purpose, value) };
}

function aliasDigest(kind: ArtifactKind, purpose: Alias['purpose'], value: string): string {
  return digest(purpose, kind, value).toString('base64url');
}

type RecordKeys = [record: string, mark: string];

function recordKeys(kind: ArtifactKind, id: string): RecordKeys {
  return [keys.artifact(kind, id), keys.consumed(kind, id)];
}

function readPayload(
  kind: ArtifactKind,
  id: string,
  record: ArtifactRecord | undefined,
): Payload | undefined {
  if (!record) return undefined;
  const payload: Payload = JSON.parse(unseal(sealingKey(kind, id), record.sealed));
  return record.consumed === undefined ? payload : { ...payload, consumed: record.consumed };
}
