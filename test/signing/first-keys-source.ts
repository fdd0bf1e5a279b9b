import { join } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import type { KeySource } from '../../src/signing/key-source.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { parseMasterKeys } from '../../src/signing/sources/master-key.ts';
import { storedKeys } from '../../src/signing/sources/store.ts';
import type { StoredKey } from '../../src/signing/stored-key.ts';
import { openStore } from '../../src/store/open.ts';
import { recycledKey } from '../support/signing-key.ts';

export interface KeyPlace {
  kind: 'files' | 'store';
  directory: string;
  masterKey: string;
}

/**
 * The keys of one place, in files or in a SQLite store.
 * @param aroundWrite called before and after each write of a new key; in the store, the reservation of its number is a write too
 */
export async function openSource(
  { kind, directory, masterKey }: KeyPlace,
  clock: Clock,
  aroundWrite: () => void | Promise<void> = () => {},
): Promise<{ source: KeySource; close: () => Promise<void> }> {
  const around = async <Result>(write: () => Promise<Result>): Promise<Result> => {
    await aroundWrite();
    const result = await write();
    await aroundWrite();
    return result;
  };
  if (kind === 'files') {
    const files = keyFiles(join(directory, 'keys'));
    const source = {
      ...files,
      make: recycledKey,
      create: (key: StoredKey) => around(() => files.create(key)),
    };
    return { source, close: async () => {} };
  }
  const store = await openStore(`sqlite:${join(directory, 'signet.db')}`, { clock });
  const { artifacts, signingKeys } = store;
  const parts = {
    artifacts: {
      createOnce: (...args: Parameters<typeof artifacts.createOnce>) =>
        around(() => artifacts.createOnce(...args)),
    },
    signingKeys: {
      list: () => signingKeys.list(),
      update: (...args: Parameters<typeof signingKeys.update>) => signingKeys.update(...args),
      remove: (kid: string) => signingKeys.remove(kid),
      put: (key: Parameters<typeof signingKeys.put>[0]) => around(() => signingKeys.put(key)),
    },
  };
  const source = { ...storedKeys(parts, parseMasterKeys(masterKey), clock), make: recycledKey };
  return { source, close: () => store.close() };
}
