import { ALL_ARTIFACT_KINDS } from '../../port/artifact-kinds.ts';
import type { ArtifactKind, DumpRecord, DumpType } from '../../store.ts';
import type { LoadTally } from '../../transfer/load-tally.ts';
import { RedisAccounts } from '../accounts.ts';
import { encodeRecord } from '../artifacts/artifact-record.ts';
import { RedisAudit } from '../audit.ts';
import { RedisClients } from '../clients.ts';
import type { Connection } from '../connection/connection.ts';
import { RedisJobs } from '../jobs.ts';
import { accountKeys, type EpochReferences, isListed, newEpoch } from '../revocation/revocation-epochs.ts';
import { keys, keysByDigest } from '../keys.ts';
import { lifetime, longerLifetime } from '../lifetime.ts';
import type { ScriptArgument } from '../scripts.ts';
import { RedisSigningKeys } from '../signing-keys.ts';

/** Records written concurrently. */
const MAX_BATCH = 100;

/** Added to every time to live, so that no key disappears before the load has counted it. */
const COUNTING_MARGIN_SECONDS = 3600;

type RecordOf<Type extends DumpType> = Extract<DumpRecord, { type: Type }>;

/** Writes the records of a dump into an empty Redis. Writes wait for replicas, except those of aliases and audit events. */
export class Load {
  readonly #redis: Connection;
  readonly #now: number;
  readonly #tally: LoadTally;

  /** @param now epoch seconds */
  constructor(redis: Connection, now: number, tally: LoadTally) {
    this.#redis = redis;
    this.#now = now;
    this.#tally = tally;
  }

  async run(records: AsyncIterable<DumpRecord>): Promise<void> {
    let batch: DumpRecord[] = [];
    for await (const record of records) {
      if (batch.length === MAX_BATCH || (batch[0] && batch[0].type !== record.type)) {
        await this.#write(batch);
        batch = [];
      }
      if ('expiresAt' in record && record.expiresAt <= this.#now) {
        this.#tally.leaveOut(record.type, 'expired');
      } else batch.push(record);
    }
    await this.#write(batch);
  }

  async #write(batch: readonly DumpRecord[]): Promise<void> {
    const fresh = await this.#withoutRepeated(batch);
    const events = fresh.flatMap((record) => (record.type === 'audit event' ? [record.event] : []));
    await new RedisAudit(this.#redis).append(events);
    await this.#redis.operation(() => this.#writeAliases(fresh));
    await Promise.all(fresh.map((record) => this.#writeOne(record)));
  }

  /** Removes repeated records: a scan may yield a key twice. Keeps the order. */
  async #withoutRepeated(batch: readonly DumpRecord[]): Promise<DumpRecord[]> {
    const lastIndex = new Map(batch.map((record, index) => [nameOf(record), index]));
    const isNew = async (record: DumpRecord, index: number): Promise<boolean> => {
      const name = nameOf(record);
      if (name === undefined) return true;
      if (lastIndex.get(name) !== index) return false;
      return (await this.#redis.command((client) => client.exists(name))) === 0;
    };
    const areNew = await this.#redis.operation(() => Promise.all(batch.map(isNew)));
    const fresh = batch.filter((_, index) => areNew[index]);
    const [first] = batch;
    if (first) this.#tally.leaveOut(first.type, 'repeated', batch.length - fresh.length);
    return fresh;
  }

  /** Of two artifacts with the same alias, the later one keeps it. */
  async #writeAliases(batch: readonly DumpRecord[]): Promise<void> {
    const aliases = new Map<string, { sealedId: string; expiresAt: number }>();
    for (const record of batch) {
      if (record.type === 'artifact' && record.alias)
        aliases.set(record.alias.id, { sealedId: record.alias.sealedId, expiresAt: record.expiresAt });
    }
    await this.#redis.send((client) =>
      Promise.all(
        Array.from(aliases, ([id, { sealedId, expiresAt }]) =>
          client.set(keys.alias(id), Buffer.from(sealedId, 'base64url'), 'PX', this.#lifetime(expiresAt)),
        ),
      ),
    );
  }

  async #writeOne(record: DumpRecord): Promise<void> {
    switch (record.type) {
      case 'artifact':
        return this.#redis.operation(() => this.#artifact(record));
      case 'consumption':
        return this.#mark('consumed', record, `${record.at} ${record.expiresAt}`);
      case 'replay id':
        return this.#mark('once', record, String(record.expiresAt));
      case 'tombstone':
        return this.#redis.operation(() => this.#tombstone(record));
      case 'account':
        return new RedisAccounts(this.#redis, () => this.#now).create(record.account);
      case 'client':
        return new RedisClients(this.#redis).create(record.client);
      case 'signing key':
        return new RedisSigningKeys(this.#redis).put(record.key);
      case 'job': {
        const jobs = new RedisJobs(this.#redis, () => this.#now);
        if (!(await jobs.load(record.job))) this.#tally.leaveOut('job', 'repeated');
        return;
      }
      case 'audit event':
        return;
    }
  }

  /** As `../artifacts/artifacts.ts` writes it, in this Redis's own epochs. */
  async #artifact({
    kind,
    id,
    sealed,
    expiresAt,
    grant,
    account,
    alias,
    listed,
  }: RecordOf<'artifact'>): Promise<void> {
    const [grantEpoch = '', accountEpoch = ''] = await Promise.all([
      grant === undefined ? undefined : this.#joinGrant(grant, kind, expiresAt),
      account === undefined
        ? undefined
        : this.#joinAccount(account, kind, expiresAt, grant, isListed(kind) ? id : ''),
    ]);
    const epochs: EpochReferences = {
      ...(grant !== undefined && { grant: [grant, grantEpoch] }),
      ...(account !== undefined && { account: [account, accountEpoch] }),
    };
    const header = { expiresAt, ...epochs, ...(alias && { alias: alias.id }), ...(listed && { listed }) };
    const record = encodeRecord(header, Buffer.from(sealed, 'base64url'));
    const recordAndMark = [keysByDigest.artifact(kind, id), keysByDigest.consumed(kind, id)];
    const args = [record, this.#lifetime(expiresAt), this.#now, expiresAt];
    await this.#redis.runDurably('writeArtifact', recordAndMark, args);
  }

  async #joinGrant(grant: string, kind: ArtifactKind, expiresAt: number): Promise<string> {
    const args = [this.#now, this.#longerLifetime(expiresAt), newEpoch(), kind];
    return String(await this.#redis.runDurably('joinGrant', [keys.grantEpoch(grant)], args));
  }

  async #joinAccount(
    account: string,
    kind: ArtifactKind,
    expiresAt: number,
    grant = '',
    listedId = '',
  ): Promise<string> {
    const lifetimeAndEpoch = [this.#longerLifetime(expiresAt), newEpoch()];
    const args: ScriptArgument[] = [this.#now, ...lifetimeAndEpoch, expiresAt, grant, listedId];
    return String(await this.#redis.runDurably('joinAccount', accountKeys(account, kind), args));
  }

  async #mark(
    what: 'consumed' | 'once',
    { kind, id, expiresAt }: RecordOf<'consumption' | 'replay id'>,
    value: string,
  ): Promise<void> {
    const names = (kind === undefined ? ALL_ARTIFACT_KINDS : [kind]).map((each) =>
      keysByDigest[what](each, id),
    );
    const args = [this.#now, value, this.#lifetime(expiresAt)];
    // The script sets any key that does not exist yet.
    await this.#redis.operation(() =>
      Promise.all(names.map((name) => this.#redis.runDurably('createOnce', [name], args))),
    );
  }

  async #tombstone({ id, expiresAt }: RecordOf<'tombstone'>): Promise<void> {
    const args = [expiresAt, this.#longerLifetime(expiresAt), newEpoch()];
    await this.#redis.runDurably('revokeGrant', [keys.grantEpoch(id)], args);
  }

  #lifetime(expiresAt: number): number {
    return lifetime(expiresAt + COUNTING_MARGIN_SECONDS, this.#now);
  }

  #longerLifetime(expiresAt: number): number {
    return longerLifetime(expiresAt + COUNTING_MARGIN_SECONDS, this.#now);
  }
}

/** The key whose existence means that the record was loaded before; undefined for types that cannot repeat. */
function nameOf(record: DumpRecord): string | undefined {
  switch (record.type) {
    case 'artifact':
      return keysByDigest.artifact(record.kind, record.id);
    case 'consumption':
      return keysByDigest.consumed(record.kind ?? 'AccessToken', record.id);
    case 'replay id':
      return keysByDigest.once(record.kind ?? 'AccessToken', record.id);
    case 'account':
      return keys.account(record.account.id);
    default:
      return undefined;
  }
}
