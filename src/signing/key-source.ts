import type { SigningKey } from './signing-key.ts';
import type { StoredKey } from './stored-key.ts';

/** Where the keys of a ring are kept: files on one box, sealed records in the store for many nodes. */
export interface KeySource {
  /** For messages: a directory, or "the store". */
  readonly name: string;
  /** People make the keys: a rotation takes the one that the configuration names, and the calendar asks for none. */
  readonly byHand?: boolean;
  /**
   * Makes a key that follows those before it; `create` keeps it.
   * @throws KeySourceError, or SignerUnavailableError when an HSM is to make it and cannot now
   */
  make(before: readonly StoredKey[], starts: { announcedAt: number; signsFrom: number }): Promise<StoredKey>;
  /** What signs with a key that is kept here. */
  readonly open: (key: StoredKey) => SigningKey;
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
  /**
   * Changes a key that is kept, in one step: of several changes at the same time, none is lost.
   * @param change makes the new key from the one that is there by then; undefined changes nothing
   * @returns the key afterwards, undefined when nothing was changed
   * @throws KeySourceError when there is no such key
   */
  change(kid: string, change: (current: StoredKey) => StoredKey | undefined): Promise<StoredKey | undefined>;
  /** Forgets a key. */
  remove(kid: string): Promise<void>;
}

/** A key, or the place where keys are kept, cannot be used. One sentence for the operator, never with content in it. */
export class KeySourceError extends Error {
  override readonly name = 'KeySourceError';
}

/** For those who do not make a first key. */
export function noKey({ name }: Pick<KeySource, 'name'>): KeySourceError {
  return new KeySourceError(
    `there is no signing key in ${name}: \`signet serve\` makes the first; if it should be there, check the working directory, --config and SIGNET_KEYS`,
  );
}
