import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type MasterKeys, parseMasterKeys } from '../sources/master-key.ts';
import { readPrivateFile, writePrivateFile } from '../sources/private-file.ts';
import { SealingError } from './errors.ts';
import { SEALING, type SealingKeys } from './sealing-keys.ts';

/**
 * The sealing key of one machine: the file `sealing.key` (0600) beside the signing keys, 32 random bytes in base64. Like the master key it
 * may have several, separated by commas: the first one seals, and all open. Version 0.1 reads no file with this ending.
 */

const NAME = 'sealing.key';
const KEY_BYTES = 32;

export function sealingKeyFile(directory: string): SealingKeys {
  const path = join(directory, NAME);
  let cached: { keys: MasterKeys; state: string | undefined } | undefined;
  const read = (): MasterKeys => {
    const state = stateOf(path);
    const text = readFile(path);
    try {
      cached = { keys: parseMasterKeys(text, SEALING), state };
    } catch {
      // The cause may quote the file, so it is dropped.
      throw new SealingError(`${path} is not a sealing key; restore it from a backup of ${directory}`);
    }
    return cached.keys;
  };
  return {
    // Looks at the file each time: a text that is sealed with a key that is no longer there would be lost.
    current() {
      const state = stateOf(path);
      if (state === undefined) create(directory, path);
      else if (cached?.state === state) return cached.keys;
      return read();
    },
    known(failed) {
      if (cached !== undefined && !failed) return cached.keys;
      if (existsSync(path)) return read();
      throw new SealingError(`there is no sealing key ${path}; restore it from a backup of ${directory}`);
    },
    count: () => (existsSync(path) ? read().count : 0),
    explain: (id) => `${path} does not have the key ${id}; restore it from a backup of ${directory}`,
  };
}

/** Another text for each change of the file or its mode; undefined for no file. */
function stateOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino} ${found.ctimeNs} ${found.size}`;
}

/** `link` gives the file its name only once: of several processes, one creates it, and the others read it. */
function create(directory: string, path: string): void {
  try {
    const content = `${randomBytes(KEY_BYTES).toString('base64')}\n`;
    writePrivateFile([directory], content, (temporary) => linkSync(temporary, path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SealingError(`cannot write the sealing key ${path} (${code})`, { cause: error });
  }
}

function readFile(path: string): string {
  try {
    return readPrivateFile(path, 'sealing key');
  } catch (error) {
    throw new SealingError((error as Error).message, { cause: error });
  }
}
