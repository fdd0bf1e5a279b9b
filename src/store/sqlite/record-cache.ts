import { LRUCache } from 'lru-cache';
import type { StoreCounts } from '../port/counts.ts';
import type { AccountRecord, ArtifactKind, Version } from '../store.ts';
import type { Database, Statement } from './driver.ts';

/** Of each sort: on a busy server those of about a second, from an authorization request to the redemption of its code. */
const MAX_RECORDS = 1024;

/** Longer texts are rare, and not kept. */
const MAX_LENGTH = 4096;

/** A second key by which an artifact can be found. */
export interface SecondKey {
  readonly purpose: 'uid' | 'user code';
  readonly value: string;
}

/** An artifact that was not consumed when it was kept. */
export interface CachedArtifact {
  /** Its payload as JSON. */
  readonly text: string;
  readonly version: Version;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

interface KeptArtifact extends CachedArtifact {
  /** Epoch seconds. Earlier, by a clock that was set back, it may have been consumed, or another artifact had its second key. */
  readonly keptAt: number;
  /** The second key by which it was found. */
  readonly secondKey?: string | undefined;
}

/**
 * What this connection has read or written a moment ago. A find is as current as a read of the file:
 *
 * - `data_version` changes when another connection, of this or another process, has committed anything
 *   (https://www.sqlite.org/pragma.html#pragma_data_version). Each find compares it first, and a change discards everything.
 * - A write of this connection says what it changes, or discards everything (`Connection.write`). A rollback discards everything.
 *
 * Finds run outside of transactions. Conditions of a write are no finds: their transaction reads the tables.
 */
export class RecordCache {
  readonly #artifacts = new LRUCache<string, KeptArtifact>({ max: MAX_RECORDS });
  /** By second key. */
  readonly #ids = new LRUCache<string, string>({ max: MAX_RECORDS });
  readonly #accounts = new LRUCache<string, AccountRecord>({ max: MAX_RECORDS });
  readonly #dataVersion: Statement<{ data_version: number }>;
  readonly #counts: StoreCounts;
  #seen: number | undefined;

  /** @param counts counts what is found as a read */
  constructor(database: Database, counts: StoreCounts) {
    this.#counts = counts;
    this.#dataVersion = database.prepare('PRAGMA data_version');
  }

  /** How many artifacts it has. */
  get size(): number {
    return this.#artifacts.size;
  }

  /** @param now epoch seconds, here and below */
  findArtifact(kind: ArtifactKind, id: string, now: number): CachedArtifact | undefined {
    this.#discardOutdated();
    const artifact = this.#artifacts.get(keyOf(kind, id));
    return artifact && isValidAt(artifact, now) ? this.#counted(artifact) : undefined;
  }

  /** By the second key. */
  findBy(key: SecondKey, kind: ArtifactKind, now: number): CachedArtifact | undefined {
    this.#discardOutdated();
    const secondKey = secondKeyOf(key, kind);
    const id = this.#ids.get(secondKey);
    const artifact = id === undefined ? undefined : this.#artifacts.get(keyOf(kind, id));
    if (artifact?.secondKey !== secondKey || !isValidAt(artifact, now)) return undefined;
    return this.#counted(artifact);
  }

  /** The record is frozen. */
  findAccount(id: string): AccountRecord | undefined {
    this.#discardOutdated();
    return this.#counted(this.#accounts.get(id));
  }

  keepArtifact(kind: ArtifactKind, id: string, artifact: CachedArtifact, now: number): void {
    this.#keep(keyOf(kind, id), artifact, now);
  }

  /** What was found by its second key. */
  keepFoundBy(key: SecondKey, kind: ArtifactKind, id: string, artifact: CachedArtifact, now: number): void {
    const secondKey = secondKeyOf(key, kind);
    this.#ids.set(secondKey, id);
    this.#keep(keyOf(kind, id), artifact, now, secondKey);
  }

  /** Freezes the record, which many requests share. */
  keepAccount(account: AccountRecord): void {
    this.#accounts.set(account.id, freeze(account));
  }

  discardArtifact(kind: ArtifactKind, id: string): void {
    this.#artifacts.delete(keyOf(kind, id));
  }

  /** After a write with this second key, which may now lead to another artifact. */
  discardSecondKey(key: SecondKey, kind: ArtifactKind): void {
    this.#ids.delete(secondKeyOf(key, kind));
  }

  discardAll(): void {
    this.#artifacts.clear();
    this.#ids.clear();
    this.#accounts.clear();
  }

  #keep(key: string, { text, version, expiresAt }: CachedArtifact, keptAt: number, secondKey?: string): void {
    if (text.length > MAX_LENGTH) this.#artifacts.delete(key);
    else this.#artifacts.set(key, { text, version, expiresAt, keptAt, secondKey });
  }

  #counted<Found>(found: Found | undefined): Found | undefined {
    if (found !== undefined) this.#counts.reads += 1;
    return found;
  }

  #discardOutdated(): void {
    const current = this.#dataVersion.get()?.data_version;
    if (current === this.#seen) return;
    this.#seen = current;
    this.discardAll();
  }
}

const isValidAt = ({ keptAt, expiresAt }: KeptArtifact, now: number): boolean =>
  keptAt <= now && now < expiresAt;

/** Texts that have the same digest in the file, as UTF-8, have the same key. */
const keyOf = (kind: ArtifactKind, id: string): string => `${kind}\n${id}`.toWellFormed();

const secondKeyOf = ({ purpose, value }: SecondKey, kind: ArtifactKind): string =>
  `${kind}\n${purpose}\n${value}`.toWellFormed();

/** A JSON value, as a whole. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
