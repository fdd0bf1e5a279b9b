import type { Config } from '../../src/config/config.ts';
import { noThrottle } from '../../src/limits/client-secret-throttle.ts';
import { createConsentMemory } from '../../src/oidc/authorization/consent-memory.ts';
import type { FeatureContext } from '../../src/oidc/feature.ts';
import { createProvider, featureContext } from '../../src/oidc/provider.ts';
import { createKeyRing } from '../../src/signing/ring.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { generateLocalKey, localSigners } from '../../src/signing/signers/local.ts';
import { noOutbound } from '../support/outbound.ts';
import type { Store } from '../../src/store/store.ts';

/** An engine without a server, for tests of middleware in front of it. */
export async function engineOn(
  config: Config,
  store: Store,
): Promise<FeatureContext & { provider: ReturnType<typeof createProvider> }> {
  const clock = () => Date.now();
  const now = Math.floor(clock() / 1000);
  const made = config.signingAlgorithms.map((alg) =>
    generateLocalKey([], { alg, announcedAt: now, signsFrom: now }),
  );
  const { keys } = createKeyRing(await Promise.all(made), now, localSigners.open);
  const context = featureContext({
    config,
    store,
    consent: createConsentMemory(store.artifacts, config.lifetimes.consent, clock),
    outbound: noOutbound,
    findAccount: async () => undefined,
    findClient: (id) => store.clients.find(id),
    secretThrottle: noThrottle,
    keys,
    sealer: createSealer(config),
    renderPage: () => {},
    languages: ['en'],
    clock,
  });
  return { ...context, provider: createProvider(context) };
}
