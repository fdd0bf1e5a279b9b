import type { MasterKeys } from '../sources/master-key.ts';

/** Where the keys of a sealer come from. */
export interface SealingKeys {
  /** To seal: makes the first key when there is none. */
  current(): MasterKeys;
  /** @param failed whether the keys of the call before did not open a text: another process may have changed them */
  known(failed: boolean): MasterKeys;
  /** 0 before the first key is made. */
  count(): number;
  /** Why no key opens a text, when the key with this id is missing: a sentence with what to do. */
  explain(id: string): string;
}

/** Separates derived keys from the master key itself, which seals signing keys. */
export const SEALING = 'signet sealing 1';
