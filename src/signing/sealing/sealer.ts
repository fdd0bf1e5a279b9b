import type { Config } from '../../config/config.ts';
import { type MasterKeys, MasterKeyError, parseMasterKeys } from '../sources/master-key.ts';
import { IN_STORE } from '../sources/open.ts';
import { SealingError } from './errors.ts';
import { sealingKeyFile } from './key-file.ts';
import { SEALING, type SealingKeys } from './sealing-keys.ts';

/**
 * `sealing/` encrypts what must be read again: symmetric secrets of clients, the salt of pairwise subjects, decryption keys. The store gets
 * sealed texts only, and the key is outside of it: a file in the directory of the signing keys, or derived from the master key. Nothing
 * is read or made before the first text is sealed or opened.
 */

/** What a text is sealed for. It opens for the same purpose only. */
export type SealingPurpose =
  | 'client secret'
  | 'pairwise salt'
  | 'decryption key'
  | 'job'
  | 'totp'
  | 'totp enrolment';

/** AES-256-GCM. Every process and node with the same keys opens what the others seal. */
export interface Sealer {
  /**
   * @param id of the record that keeps the text; the text opens for the same purpose and id only
   * @returns letters, digits, `.`, `_` and `-`
   * @throws SealingError when there is no usable key, and none can be made
   */
  seal(purpose: SealingPurpose, id: string, bytes: Uint8Array): string;
  /** @throws SealingError when the key is lost, or the text was changed or belongs elsewhere; the message names the file, and no content */
  open(purpose: SealingPurpose, id: string, sealed: string): Buffer;
  /** Whether the text was sealed with a key other than the first. Its keeper then seals it again, so that the old key can be removed. */
  isOutdated(sealed: string): boolean;
  /** Whether there are several keys: what the others have sealed is to be sealed again. */
  isRotating(): boolean;
}

/** Never fails: keys are read when they are needed. */
export function createSealer(config: Pick<Config, 'keys' | 'masterKey'>): Sealer {
  return sealerWith(
    config.keys === IN_STORE ? masterKeys(config.masterKey ?? '') : sealingKeyFile(config.keys),
  );
}

function sealerWith(keys: SealingKeys): Sealer {
  const openWith = (opener: MasterKeys, context: string, sealed: string): Buffer | MasterKeyError => {
    try {
      return opener.open(sealed, context);
    } catch (error) {
      if (error instanceof MasterKeyError) return error;
      throw error;
    }
  };
  return {
    seal: (purpose, id, bytes) => keys.current().seal(bytes, contextOf(purpose, id)),
    open(purpose, id, sealed) {
      const context = contextOf(purpose, id);
      let opened = openWith(keys.known(false), context, sealed);
      if (opened instanceof Error && opened.missing !== undefined) {
        opened = openWith(keys.known(true), context, sealed);
      }
      if (!(opened instanceof Error)) return opened;
      const reason = opened.missing === undefined ? opened.message : keys.explain(opened.missing);
      throw new SealingError(`the ${purpose} of ${JSON.stringify(id)} cannot be opened: ${reason}`);
    },
    isRotating: () => keys.count() > 1,
    isOutdated: (sealed) => keys.known(false).isOutdated(sealed),
  };
}

function contextOf(purpose: SealingPurpose, id: string): string {
  return `${purpose}\0${id}`;
}

function masterKeys(value: string): SealingKeys {
  let parsed: MasterKeys | undefined;
  const read = (): MasterKeys => (parsed ??= parseMasterKeys(value, SEALING));
  return {
    current: read,
    known: read,
    count: () => read().count,
    explain: (id) => `the master key ${id} is missing from masterKey; keep the old one after the new one`,
  };
}
