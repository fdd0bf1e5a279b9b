import { parsePkcs11Uri } from '../../config/pkcs11-uri.ts';
import type { KeySource } from '../key-source.ts';
import type { Hsm, HsmOptions } from './pkcs11/hsm.ts';

/**
 * The one place outside `pkcs11/` that imports it. The rest of `signing/` sees a `KeySource` whose keys sign, and the server sees an
 * `HsmConnection`. Without `hsm.uri`, nothing of `pkcs11/` is loaded.
 */

export type HsmConnection = Pick<Hsm, 'check' | 'waiting' | 'close'>;

export interface KeysInUse {
  source: KeySource;
  /** Undefined without `hsm.uri`. The caller of `attachHsm` closes it. */
  hsm: HsmConnection | undefined;
}

/**
 * Connects to the configured HSM, if there is one.
 * @returns the source, changed so that new keys are made by the HSM, and so that its keys can sign
 * @throws KeySourceError when the HSM cannot be used
 */
export async function attachHsm(source: KeySource, options: HsmOptions): Promise<KeysInUse> {
  const { uri } = options.settings;
  if (uri === undefined) return { source, hsm: undefined };
  const [{ openHsm }, { hsmKeys }] = await Promise.all([
    import('./pkcs11/hsm.ts'),
    import('./pkcs11/hsm-keys.ts'),
  ]);
  const hsm = await openHsm(options);
  return { source: hsmKeys(source, hsm, parsePkcs11Uri(uri).key), hsm };
}
