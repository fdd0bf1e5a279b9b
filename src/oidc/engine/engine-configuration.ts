import type { Configuration } from 'oidc-provider';
import { isReservedName } from '../../config/reserved-names.ts';
import { PATHS } from '../../http/paths.ts';
import type { FeatureContext } from '../feature.ts';
import { createAdapterFactory } from './adapter.ts';
import { enabledAlgorithms } from './algorithms.ts';
import { engineMetadata, EXTRA_METADATA } from './client-settings.ts';
import { engineCookies } from './cookies.ts';
import { checkOrigin } from './cross-origin.ts';
import { accountFinder } from './find-account.ts';
import { CLIENT_CLOCK_TOLERANCE, engineLifetimes, grantLifetime } from './lifetimes.ts';
import { RingKey } from './signing-key.ts';

/**
 * The engine's configuration that is no feature's: where it stores, signs and finds accounts. A feature of the engine is off unless a
 * feature of Signet turns it on.
 */
export function engineConfiguration(context: FeatureContext): Configuration {
  const { config, store, findAccount, findClient, isSessionOver, keys, clock } = context;
  const { lifetimes } = config;
  return {
    adapter: createAdapterFactory({
      artifacts: store.artifacts,
      findClient: async (id) => {
        const client = isReservedName(id) ? undefined : await findClient(id);
        return client === undefined ? undefined : engineMetadata(client);
      },
      isSessionOver,
      clock,
      revocationLifetime: grantLifetime(lifetimes),
    }),
    jwks: { keys: keys.map((key) => new RingKey(key)) },
    routes: PATHS,
    cookies: engineCookies(config.issuer),
    ttl: engineLifetimes(lifetimes),
    clockTolerance: CLIENT_CLOCK_TOLERANCE,
    findAccount: accountFinder(findAccount, lifetimes),
    enabledJWA: enabledAlgorithms(config.signingAlgorithms),
    extraClientMetadata: { properties: EXTRA_METADATA },
    clientBasedCORS: checkOrigin,
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    },
    // Every request to an address of a client goes through `outbound/`, whose guard acts before the connection.
    fetch: () => Promise.reject(new Error('the engine sends no requests')),
  };
}

/**
 * One configuration of several. Lists are joined, objects are merged.
 * @throws TypeError naming a value that two of them set
 */
export function mergeConfigurations(parts: readonly Configuration[]): Configuration {
  return parts.reduce<Record<string, unknown>>((merged, part) => merge(merged, part, ''), {});
}

function merge(target: Record<string, unknown>, source: object, path: string): Record<string, unknown> {
  const merged = { ...target };
  for (const [name, value] of Object.entries(source)) {
    const existing = merged[name];
    if (existing === undefined) merged[name] = value;
    else if (Array.isArray(existing) && Array.isArray(value)) merged[name] = [...existing, ...value];
    else if (isPlainObject(existing) && isPlainObject(value))
      merged[name] = merge(existing, value, `${path}${name}.`);
    else throw new TypeError(`two features set ${path}${name} of the engine's configuration`);
  }
  return merged;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
