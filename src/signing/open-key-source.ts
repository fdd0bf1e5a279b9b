import type { Config } from '../config/config.ts';
import type { Store } from '../store/store.ts';
import { keyFiles } from './key-files.ts';
import type { KeySource } from './key-source.ts';
import { parseMasterKeys } from './master-key.ts';
import { storedKeys } from './stored-keys.ts';

/** In the configuration, the value of `keys` that means the store instead of a directory. */
export const IN_STORE = 'store';

/**
 * Where the configuration says that the keys are.
 * @param clock epoch milliseconds
 * @throws MasterKeyError when keys are in the store and the master key cannot be used
 */
export function openKeySource(
  config: Pick<Config, 'keys' | 'masterKey'>,
  store: Pick<Store, 'signingKeys' | 'artifacts'>,
  clock: () => number,
): KeySource {
  if (config.keys !== IN_STORE) return keyFiles(config.keys);
  return storedKeys(store, parseMasterKeys(config.masterKey ?? ''), clock);
}
