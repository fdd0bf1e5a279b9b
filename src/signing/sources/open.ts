import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { Store } from '../../store/store.ts';
import type { KeySource } from '../key-source.ts';
import { keyFiles } from './files.ts';
import { parseMasterKeys } from './master-key.ts';
import { storedKeys } from './store.ts';

/** The value of `keys` in the configuration that means the store instead of a directory. */
export const IN_STORE = 'store';

/**
 * Opens the source that the configuration names. It makes local keys, and cannot sign with keys of an HSM; `attachHsm` adds that.
 * @throws MasterKeyError when keys are in the store and the master key cannot be used
 */
export function openKeySource(
  config: Pick<Config, 'keys' | 'masterKey'>,
  store: Pick<Store, 'signingKeys' | 'artifacts'>,
  clock: Clock,
): KeySource {
  if (config.keys !== IN_STORE) return keyFiles(config.keys);
  return storedKeys(store, parseMasterKeys(config.masterKey ?? ''), clock);
}
