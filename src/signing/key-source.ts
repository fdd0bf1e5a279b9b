import type { StoredKey } from './stored-key.ts';

/** Where the keys of a ring are kept: files on one box, sealed records in the store for many nodes. */
export interface KeySource {
  /** For messages: a directory, or "the store". */
  readonly name: string;
  /**
   * Every key, oldest first.
   * @throws KeySourceError when one cannot be used; the message never shows its content
   */
  read(): Promise<StoredKey[]>;
  /**
   * Keeps a new key. Of two callers that want the same number, one is let through.
   * @returns false for the other: read again
   */
  create(key: StoredKey): Promise<boolean>;
  /** Replaces a key that is kept, by its `kid`. */
  replace(key: StoredKey): Promise<void>;
  /** Forgets a key. */
  remove(kid: string): Promise<void>;
}

/** A key, or the place where keys are kept, cannot be used. One sentence for the operator, never with content in it. */
export class KeySourceError extends Error {
  override readonly name = 'KeySourceError';
}
