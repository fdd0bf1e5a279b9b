import { ANSWER_ARTIFACTS, readAnswer, sealAnswer } from '../../answer.ts';
import { StoreUnavailableError } from '../../errors.ts';
import type { ArtifactKind, ArtifactUnit, CommitOutcome, Payload, UnitWrite } from '../../store.ts';
import type { Connection } from '../connection/connection.ts';
import { OPERATION_TIMEOUT_MS } from '../connection/failure.ts';
import { keys } from '../keys.ts';
import { lifetime } from '../lifetime.ts';
import type { EpochReferences, RevocationEpochs } from '../revocation/revocation-epochs.ts';
import type { ScriptArgument } from '../scripts.ts';
import type { SessionJobs } from '../session-jobs.ts';
import { type ArtifactRecord, decodeRecord, encodeRecord, versionArgument } from './artifact-record.ts';
import {
  aliasOrder,
  canBeRefused,
  type PreparedWrite,
  prepareWrite,
  recordKeys,
  writeAlias,
  type Written,
  writeRecord,
} from './artifact-writer.ts';
import { areCurrent, areUnchanged } from './reliance.ts';

/** The first attempt succeeds unless the artifact is written again between the read and the script. */
const MAX_ATTEMPTS = 10;

type Consumption = NonNullable<ArtifactUnit['consume']>;

/**
 * Units of work, in three round trips, none of whose scripts spans two slots:
 *
 *     1. join      epochs of the owners of all writes        ∥  read the artifact to consume, its mark and answer
 *     2. write     every record, with the epochs it joined   ∥  compare accounts, clients, versions of what is not written, and the
 *                                                               epochs of the artifact to consume
 *     3. consume   mark and answer, one script in one slot
 *
 * Each step ends, confirmed by replicas where its kind is durable, before the next one begins. A unit that is refused takes its records
 * back; a unit without a consumption ends after step 2. docs/redis.md ("Why a unit leaves nothing behind") has the proof:
 *
 * - Until step 3 succeeds no caller has an id of a new record, so a crash leaves an unused artifact, which can be redeemed again, and
 *   records that no client can present.
 * - Only the first caller passes step 3. When its reply is lost, the records stay: the mark may be there, and the answer with it.
 * - A revocation before step 1 refuses the join, and one after it makes the epoch that was joined an old one: what arrives later is dead.
 * - Accounts are compared after the join. A change of the account that this misses comes later than the join, and so does the
 *   `revokeAccount` that follows each change: it ends the epoch that was joined.
 */
export class Units {
  readonly #redis: Connection;
  readonly #epochs: RevocationEpochs;
  readonly #sessionJobs: SessionJobs;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(
    redis: Connection,
    { epochs, sessionJobs }: { epochs: RevocationEpochs; sessionJobs: SessionJobs },
    now: () => number,
  ) {
    this.#redis = redis;
    this.#epochs = epochs;
    this.#sessionJobs = sessionJobs;
    this.#now = now;
  }

  /** Runs inside an operation. */
  async commit(unit: ArtifactUnit): Promise<CommitOutcome> {
    const deadline = performance.now() + OPERATION_TIMEOUT_MS;
    const { consume, writes = [] } = unit;
    const prepared = writes.map(({ kind, id, write }) => prepareWrite(kind, id, write));
    const answer = consume?.answer && sealAnswer(consume.kind, consume.id, consume.answer.payload);
    const [epochs, target] = await Promise.all([
      this.#epochs.join(prepared.map(({ issue }) => issue)),
      consume && this.#findTarget(consume),
    ]);
    if (target?.refusal) return target.refusal;
    const record = target?.record;
    if (epochs === undefined) {
      const isAbsent = consume && record && !(await this.#epochs.areCurrent(consume.kind, record.header));
      return isAbsent ? ABSENT : { outcome: 'revoked' };
    }
    const written = await this.#write(unit, prepared, epochs, record);
    if ('outcome' in written) return written;
    if (!consume || !record) {
      await this.#leadAliases(unit, written);
      return COMMITTED;
    }
    if (performance.now() > deadline) {
      // The caller has its time-out already, and would find its artifact used.
      await this.#takeBack(written);
      throw new StoreUnavailableError('the Redis store did not answer in time');
    }
    const outcome = await this.#consume(consume, record, answer);
    if (outcome.outcome !== 'committed') {
      await this.#takeBack(written);
      return outcome;
    }
    await this.#leadAliases(unit, written);
    if (answer) this.#writeAnswerArtifact(consume, record.header.expiresAt, answer);
    return outcome;
  }

  /** The aliases that have waited for the last step. */
  async #leadAliases(unit: ArtifactUnit, written: readonly PreparedWrite[]): Promise<void> {
    const now = this.#now();
    const late = written.filter((_, index) => aliasOrder(unit.writes?.[index], unit) === 'later');
    await Promise.all(late.map((write) => writeAlias(this.#redis, write, now)));
  }

  /** The artifact to consume, unless that is impossible already; whether its epochs are current is not known yet. */
  async #findTarget({ kind, id }: Consumption): Promise<Target> {
    const names = [...recordKeys(kind, id), keys.answer(kind, id)];
    const [value, mark, answer] = await this.#redis.command((client) => client.mgetBuffer(names));
    const record = decodeRecord(value, mark, this.#now());
    if (record === undefined) return { refusal: ABSENT };
    if (record.consumed === undefined) return { record };
    if (!(await this.#epochs.areCurrent(kind, record.header))) return { refusal: ABSENT };
    const stored = await this.openAnswer(kind, id, answer);
    return { refusal: { outcome: 'consumed', at: record.consumed, answer: stored } };
  }

  /** Step 2. @returns what was written; or the refusal, after everything was taken back */
  async #write(
    unit: ArtifactUnit,
    prepared: readonly PreparedWrite[],
    epochs: readonly EpochReferences[],
    target: ArtifactRecord | undefined,
  ): Promise<UndoableWrite[] | CommitOutcome> {
    const { consume, writes = [] } = unit;
    const now = this.#now();
    const [settled, [checked]] = await Promise.all([
      Promise.allSettled(
        prepared.map((write, index) =>
          writeRecord(
            this.#redis,
            'writeArtifact',
            write,
            epochs[index] ?? {},
            now,
            aliasOrder(writes[index], unit),
            ...optionsOf(writes[index], canBeRefused(unit)),
          ),
        ),
      ),
      Promise.allSettled([
        Promise.all([
          consume === undefined ||
            target === undefined ||
            this.#epochs.areCurrent(consume.kind, target.header),
          areCurrent(this.#redis, unit),
          areUnchanged(this.#redis, this.#epochs, unit, now),
        ]),
      ]),
    ]);
    const written: UndoableWrite[] = [];
    for (const [index, result] of settled.entries()) {
      const write = prepared[index];
      if (write && result.status === 'fulfilled' && result.value.reply !== 0)
        written.push({ ...write, ...result.value });
    }
    const failed = [...settled, checked].find((result) => result?.status === 'rejected');
    if (failed) {
      // Redis may be gone. No client has the id of what stays behind.
      this.#takeBack(written).catch(() => {});
      throw failed.reason;
    }
    const [isAlive, isCurrent, isUnchanged] = checked?.status === 'fulfilled' ? checked.value : [];
    if (isAlive && isCurrent && isUnchanged && written.length === prepared.length) return written;
    await this.#takeBack(written);
    if (!isAlive) return ABSENT;
    return { outcome: isCurrent ? 'changed' : 'outdated' };
  }

  /** Step 3. An artifact that is written again meanwhile is checked again. */
  async #consume(
    consume: Consumption,
    first: ArtifactRecord,
    answer: Buffer | undefined,
  ): Promise<CommitOutcome> {
    const { kind, id } = consume;
    let target = first;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const hasJobs = kind === 'Session' && (await this.#sessionJobs.enqueueOf(target.header.listed));
      const now = this.#now();
      const args: ScriptArgument[] = [target.rawHeader, now, target.header.expiresAt];
      if (answer && consume.answer) {
        // An answer does not outlive its mark.
        const expiresAt = Math.min(consume.answer.expiresAt, target.header.expiresAt);
        args.push(encodeRecord({ expiresAt }, answer), lifetime(expiresAt, now));
      }
      const reply = await this.#redis.runDurably(
        'consume',
        [...recordKeys(kind, id), keys.answer(kind, id)],
        args,
      );
      if (hasJobs) this.#sessionJobs.announce();
      if (reply === 'first') return COMMITTED;
      if (reply === 'absent') return ABSENT;
      const { record, refusal } = await this.#findTarget(consume);
      if (record === undefined) return refusal;
      if (!(await this.#epochs.areCurrent(kind, record.header))) return ABSENT;
      target = record;
    }
    throw new StoreUnavailableError('the artifact changes too fast to be consumed');
  }

  async #takeBack(written: readonly UndoableWrite[]): Promise<void> {
    const now = this.#now();
    await Promise.all(
      written.map(({ kind, id, record, reply }) => {
        const before = Buffer.isBuffer(reply) ? reply : Buffer.alloc(0);
        const expiresAt =
          before.length === 0 ? now : (decodeRecord(before, undefined, now)?.header.expiresAt ?? now);
        return this.#redis.run(
          'takeBackArtifact',
          [keys.artifact(kind, id)],
          [record, before, lifetime(expiresAt, now)],
        );
      }),
    );
  }

  /** For nodes with Signet 0.1, which look for the answer in an artifact of its own. Nothing waits for it: they look for a second. */
  #writeAnswerArtifact({ kind, id, answer: of }: Consumption, latest: number, answer: Buffer): void {
    const answerKind = ANSWER_ARTIFACTS[kind];
    if (answerKind === undefined || of === undefined) return;
    const expiresAt = Math.min(of.expiresAt, latest);
    const name = keys.artifact(answerKind, id);
    const record = encodeRecord({ expiresAt }, answer);
    const ttl = lifetime(expiresAt, this.#now());
    this.#redis.sendInBackground((client) => client.set(name, record, 'PX', ttl));
  }

  /** @param value the record of the answer; without it, the artifact of Signet 0.1 is read */
  async openAnswer(
    kind: ArtifactKind,
    id: string,
    value: Buffer | null | undefined,
  ): Promise<Payload | undefined> {
    const answer = decodeRecord(value, undefined, this.#now()) ?? (await this.#findAnswerArtifact(kind, id));
    return answer && readAnswer(kind, id, answer.sealed);
  }

  async #findAnswerArtifact(kind: ArtifactKind, id: string): Promise<ArtifactRecord | undefined> {
    const answerKind = ANSWER_ARTIFACTS[kind];
    if (answerKind === undefined) return undefined;
    const value = await this.#redis.command((client) => client.getBuffer(keys.artifact(answerKind, id)));
    return decodeRecord(value, undefined, this.#now());
  }
}

const COMMITTED: CommitOutcome = { outcome: 'committed' };
const ABSENT: CommitOutcome = { outcome: 'absent' };

type Target =
  | { record: ArtifactRecord; refusal?: undefined }
  | { record?: undefined; refusal: CommitOutcome };

type UndoableWrite = PreparedWrite & Written;

/** The optional arguments of `writeArtifact`. */
function optionsOf(write: UnitWrite | undefined, isUndoable: boolean): ScriptArgument[] {
  const version = write?.version === undefined ? '-' : versionArgument(write.version);
  return isUndoable ? [version, 1] : [version];
}
