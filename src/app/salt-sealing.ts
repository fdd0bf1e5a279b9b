import { resealPairwiseSalt } from '../oidc/engine/pairwise-salt.ts';
import type { HandlerParts } from './handler.ts';

/** For the rotation of the sealing key or the master key. A key that is lost is reported here, before a client needs it. */
export async function sealSaltAgain({
  store,
  sealer,
  log,
}: Pick<HandlerParts, 'store' | 'sealer' | 'log'>): Promise<void> {
  try {
    if (await resealPairwiseSalt(store.artifacts, sealer))
      log.info('the salt of pairwise subjects is sealed with the first key');
  } catch (err) {
    log.error(
      { err },
      'the salt of pairwise subjects cannot be sealed with the first key; keep the older keys',
    );
  }
}
