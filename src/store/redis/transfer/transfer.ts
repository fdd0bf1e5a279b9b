import { ConflictError, StoreUnavailableError } from '../../errors.ts';
import type { DumpRecord, DumpType, Loaded, TransferStore } from '../../store.ts';
import { LoadTally, NOT_EMPTY } from '../../transfer/load-tally.ts';
import type { Connection } from '../connection/connection.ts';
import { dumpRedis } from './dump.ts';
import { keys, PREFIXES } from '../keys.ts';
import { Load } from './load.ts';
import { scan } from '../scan.ts';

/**
 * Dump and load of the whole store. Neither is one transaction: `dump.ts` says what a dump guarantees.
 *
 * The folder owns the translation between Redis keys and the records of a dump (`../../port/transfer.ts`). It uses the other folders'
 * formats and scripts, and adds none of its own.
 */
export class RedisTransfer implements TransferStore {
  readonly #redis: Connection;
  readonly #now: () => number;

  /** @param now epoch seconds */
  constructor(redis: Connection, now: () => number) {
    this.#redis = redis;
    this.#now = now;
  }

  dump(): AsyncGenerator<DumpRecord> {
    return dumpRedis(this.#redis, this.#now());
  }

  async load(records: AsyncIterable<DumpRecord>): Promise<Loaded> {
    await this.#requireEmpty();
    const now = this.#now();
    const tally = new LoadTally();
    try {
      await new Load(this.#redis, now, tally).run(records);
      const held = new Map<DumpType, number>();
      const ended = () => tally.leaveOut('artifact', 'ended');
      for await (const { type } of dumpRedis(this.#redis, now, ended))
        held.set(type, (held.get(type) ?? 0) + 1);
      return tally.result((type) => held.get(type) ?? 0);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new StoreUnavailableError(
        `${text} (the store may be partly filled now: empty it before the next attempt)`,
        { cause: error },
      );
    }
  }

  async #requireEmpty(): Promise<void> {
    for await (const names of scan(this.#redis, PREFIXES.all)) {
      if (names.some((name) => name !== keys.ping && name !== keys.identity))
        throw new ConflictError(NOT_EMPTY);
    }
  }
}
