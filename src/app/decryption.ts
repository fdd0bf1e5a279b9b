import type { Audit } from '../audit/audit.ts';
import { SYSTEM } from '../audit/actors.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../observability/log.ts';
import type { DecryptionKeys } from '../signing/decryption/decryption-keys.ts';
import type { Sealer } from '../signing/sealing/sealer.ts';
import type { Store } from '../store/store.ts';

export interface DecryptionOptions {
  config: Config;
  store: Store;
  sealer: Sealer;
  clock: Clock;
  log: Logger;
  audit: Audit;
  /** The JWKS has changed. */
  onChange: () => void;
}

/**
 * The keys that clients encrypt request objects to, followed while the server runs.
 * @returns undefined while `requestObjects.encryption` is off: nothing is loaded, read or made then
 */
export async function openDecryption(options: DecryptionOptions): Promise<DecryptionKeys | undefined> {
  const { config, store, sealer, clock, log, audit, onChange } = options;
  if (!config.requestObjects.encryption) return undefined;
  const { followDecryptionKeys } = await import('../signing/decryption/decryption-keys.ts');
  return await followDecryptionKeys({
    artifacts: store.artifacts,
    sealer,
    clock,
    period: config.keyRotation,
    onChange,
    onCreate: ({ kid, alg }) => {
      log.info({ kid, alg }, 'made a new key for the encryption of request objects');
      audit.record({ type: 'key.announced', actor: SYSTEM, detail: { kid, alg } });
    },
    onError: (err) => log.error({ err }, 'the decryption keys could not be read; those in use stay'),
  });
}
