import type { SigningAlgorithm } from './algorithms.ts';
import { KeySourceError } from './errors.ts';
import type { SigningKey } from './signing-key.ts';
import type { StoredKey } from './stored-key.ts';

/** What a new key is for. Times are epoch seconds. */
export interface NewKey {
  alg: SigningAlgorithm;
  announcedAt: number;
  signsFrom: number;
}

/** Makes keys, and opens them for signing. The private half is in this process (`signers/local.ts`) or in an HSM (`signers/pkcs11/`). */
export interface Signers {
  /** An operator makes the keys: `make` adopts the one that the configuration names, and there is no scheduled rotation. */
  readonly manual?: boolean;
  /**
   * Makes a key that follows those before it, which are of any algorithm. The caller keeps it with `KeySource.create`.
   * @throws KeySourceError, or SignerUnavailableError when an HSM is to make the key and is unavailable
   */
  make(before: readonly StoredKey[], wanted: NewKey): Promise<StoredKey>;
  /** Never fails for a key that `KeySource.read` returned: without access to the private half, `sign` rejects. */
  readonly open: (key: StoredKey) => SigningKey;
}

/** Where the keys of a ring are kept (files of one machine, or sealed records in the store of many nodes), and how they are made. */
export interface KeySource extends Signers {
  /** For messages: a directory, or "the store". */
  readonly name: string;
  /**
   * Every key, by algorithm, RS256 first; those of an algorithm by number, the oldest first.
   * @throws KeySourceError when a key cannot be used; the message holds no key material
   */
  read(): Promise<StoredKey[]>;
  /**
   * Keeps a new key. Of concurrent callers with the same `alg` and `number`, one succeeds.
   * @returns false when another caller has the number: read again
   */
  create(key: StoredKey): Promise<boolean>;
  /**
   * Changes a key atomically: no concurrent change is lost.
   * @param change makes the new record from the current one; undefined leaves it unchanged
   * @returns the new record, undefined when nothing was changed
   * @throws KeySourceError when there is no such key
   */
  change(kid: string, change: (current: StoredKey) => StoredKey | undefined): Promise<StoredKey | undefined>;
  /** Deletes a key. */
  remove(kid: string): Promise<void>;
}

/** The error of a command that needs a key and does not make the first one. */
export function noKey({ name }: Pick<KeySource, 'name'>): KeySourceError {
  return new KeySourceError(
    `there is no signing key in ${name}: \`signet serve\` makes the first; if it should be there, check the working directory, --config and SIGNET_KEYS`,
  );
}
