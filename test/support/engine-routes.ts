import { Provider } from 'oidc-provider';
import { parseConfig } from '../../src/config/config.ts';
import type { Method, Route } from '../../src/http/route.ts';
import { noThrottle } from '../../src/limits/client-secret-throttle.ts';
import { createConsentMemory } from '../../src/oidc/authorization/consent-memory.ts';
import { createEngine } from '../../src/oidc/create-engine.ts';
import { createKeyRing } from '../../src/signing/ring.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { generateLocalKey, localSigners } from '../../src/signing/signers/local.ts';
import { openStore } from '../../src/store/open.ts';
import { noOutbound } from './outbound.ts';

export interface EngineRoute {
  method: Method;
  name: string;
  path: string;
}

type Register = (this: unknown, name: string, path: string, ...rest: unknown[]) => unknown;

/** The engine's router, which its package does not export by name. */
const ROUTER = new URL('./helpers/router.js', import.meta.resolve('oidc-provider')).href;

/** The routes and grant types that the engine registers when it is constructed, and the rows of the features. */
export async function engineRoutes(): Promise<{
  registered: EngineRoute[];
  grantTypes: string[];
  rows: readonly Route[];
}> {
  const registered: EngineRoute[] = [];
  const grantTypes: string[] = [];
  const restoreRouter = await observeRouter((route) => void registered.push(route));
  const restoreGrants = observeGrantTypes((name) => void grantTypes.push(name));
  const config = parseConfig({ store: 'sqlite::memory:' });
  const clock = Date.now;
  const store = await openStore(config.store, { clock });
  try {
    const now = Math.floor(clock() / 1000);
    const ring = createKeyRing(
      [await generateLocalKey([], { alg: 'RS256', announcedAt: now, signsFrom: now })],
      now,
      localSigners.open,
    );
    const nothing = (): void => {};
    const engine = createEngine({
      config,
      store,
      ...ring,
      sealer: createSealer(config),
      clock,
      consent: createConsentMemory(store.artifacts, config.lifetimes.consent, clock),
      outbound: noOutbound,
      findAccount: async () => undefined,
      findClient: async () => undefined,
      isClientCurrent: async () => false,
      secretThrottle: noThrottle,
      renderPage: nothing,
      languages: ['en'],
      clientAddress: () => '',
      log: { warn: nothing, info: nothing, error: nothing } as never,
      audit: { record: nothing } as never,
      metrics: { tokenIssued: nothing } as never,
      logos: { prepare: () => Promise.resolve() },
    });
    return { registered, grantTypes, rows: engine.routes };
  } finally {
    restoreRouter();
    restoreGrants();
    await store.close();
  }
}

async function observeRouter(onRoute: (route: EngineRoute) => void): Promise<() => void> {
  const { default: Router } = (await import(ROUTER)) as { default: { prototype: Record<string, Register> } };
  const originals = (['get', 'post', 'put', 'delete', 'options'] as const).map((verb) => {
    const original = Router.prototype[verb]!;
    Router.prototype[verb] = function observed(this: unknown, name, path, ...middleware) {
      onRoute({ method: verb.toUpperCase() as Method, name, path });
      return original.call(this, name, path, ...middleware);
    };
    return [verb, original] as const;
  });
  return () => Object.assign(Router.prototype, Object.fromEntries(originals));
}

function observeGrantTypes(onGrantType: (name: string) => void): () => void {
  const prototype = Provider.prototype as unknown as { registerGrantType: Register };
  const original = prototype['registerGrantType'];
  prototype.registerGrantType = function observed(this: unknown, name, ...rest) {
    onGrantType(name);
    return original.call(this, name, ...rest);
  };
  return () => void (prototype.registerGrantType = original);
}
