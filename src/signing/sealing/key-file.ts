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
  let cached: MasterKeys | undefined;
  let cachedFrom: string | undefined;
  const read = (): MasterKeys => {
    // Before the content: a file that is replaced in between is read again.
    const version = versionOf(path);
    const text = readFile(path);
    try {
      cached = parseMasterKeys(text, SEALING);
      cachedFrom = version;
    } catch {
      // The cause may quote the file, so it is dropped.
      throw new SealingError(`${path} is not a sealing key; restore it from a backup of ${directory}`);
    }
    return cached;
  };
  return {
    // Looks at the file each time: a text that is sealed with a key that is no longer there would be lost.
    current() {
      const version = versionOf(path);
      if (cached !== undefined && version !== undefined && version === cachedFrom) return cached;
      if (version === undefined) create(directory, path);
      return read();
    },
    known(failed) {
      if (cached !== undefined && !failed) return cached;
      if (existsSync(path)) return read();
      throw new SealingError(`there is no sealing key ${path}; restore it from a backup of ${directory}`);
    },
    count: () => (existsSync(path) ? read().count : 0),
    explain: (id) => `${path} does not have the key ${id}; restore it from a backup of ${directory}`,
  };
}

/** Differs after every change of a file, also of its mode. @returns undefined where there is no file */
function versionOf(path: string): string | undefined {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return undefined;
  }
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
