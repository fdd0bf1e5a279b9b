import type { Config } from '../config/config.ts';
import { parsePkcs11Uri } from '../config/pkcs11-uri.ts';
import type { Store } from '../store/store.ts';
import type { Hsm, HsmOptions } from './hsm.ts';
import { keyFiles } from './key-files.ts';
import type { KeySource } from './key-source.ts';
import { parseMasterKeys } from './master-key.ts';
import { storedKeys } from './stored-keys.ts';

/** In the configuration, the value of `keys` that means the store instead of a directory. */
export const IN_STORE = 'store';

/**
 * Where the configuration says that the keys are. Keys in an HSM are there, but neither made nor signed with: that is for `withHsm`.
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

export interface KeysInUse {
  source: KeySource;
  /** Undefined where the configuration names none. Whoever opened it closes it. */
  hsm: Hsm | undefined;
}

/**
 * The same keys, with the HSM behind them that the configuration names, if it names one.
 * @throws KeySourceError when the HSM cannot be used
 */
export async function withHsm(source: KeySource, options: HsmOptions): Promise<KeysInUse> {
  const { uri } = options.settings;
  if (uri === undefined) return { source, hsm: undefined };
  const [{ openHsm }, { hsmKeys }] = await Promise.all([import('./hsm.ts'), import('./hsm-keys.ts')]);
  const hsm = await openHsm(options);
  return { source: hsmKeys(source, hsm, parsePkcs11Uri(uri).key), hsm };
}
