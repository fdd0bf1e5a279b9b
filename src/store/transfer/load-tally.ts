import type { DumpType, LeftOut, Loaded } from '../store.ts';

/** In the order of a dump. */
const DUMP_TYPES = Object.keys({
  artifact: true,
  consumption: true,
  'replay id': true,
  tombstone: true,
  account: true,
  client: true,
  'signing key': true,
  job: true,
  'audit event': true,
} satisfies Record<DumpType, true>) as DumpType[];

/** Counts the records that a load leaves out, and combines them with the number of records that the store has afterwards. */
export class LoadTally {
  readonly #loaded: Loaded;

  constructor() {
    const none = () => ({ stored: 0, expired: 0, ended: 0, repeated: 0 });
    this.#loaded = Object.fromEntries(DUMP_TYPES.map((type) => [type, none()])) as Loaded;
  }

  leaveOut(type: DumpType, why: LeftOut, count = 1): void {
    this.#loaded[type][why] += count;
  }

  /** @param count returns how many records of a type the store has */
  result(count: (type: DumpType) => number): Loaded {
    for (const type of DUMP_TYPES) this.#loaded[type].stored = count(type);
    return this.#loaded;
  }
}

/** The message of the ConflictError, the same in every store. */
export const NOT_EMPTY = 'the store is not empty: name an empty one';
