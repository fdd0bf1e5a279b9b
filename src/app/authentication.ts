import type { Authentication } from '../accounts/authentication.ts';
import type { KnownDevices } from '../accounts/known-devices.ts';
import type { Passwords } from '../accounts/credentials/password.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Store } from '../store/store.ts';

/** The check of a name and a password, and the devices on which people have signed in. */
export interface LoadedAuthentication {
  readonly authentication: Authentication;
  readonly devices: KnownDevices;
}

/** One for the process, made when a first page needs it. */
export function lazyAuthentication(parts: {
  config: Config;
  store: Store;
  passwords: Passwords;
  clock: Clock;
}): () => Promise<LoadedAuthentication> {
  let loaded: Promise<LoadedAuthentication> | undefined;
  return () => (loaded ??= load(parts));
}

async function load({
  config,
  store,
  passwords,
  clock,
}: Parameters<typeof lazyAuthentication>[0]): Promise<LoadedAuthentication> {
  const { createAuthentication } = await import('../accounts/authentication.ts');
  const { createKnownDevices } = await import('../accounts/known-devices.ts');
  const { reviewImportedHashes } = await import('../accounts/imported-hashes.ts');
  const { createRefusalTime } = await import('../accounts/refusal-time.ts');
  const { loginProtection: settings } = config;
  const { artifacts } = store;
  const devices = createKnownDevices({ artifacts, lifetime: settings.knownDevice, clock });
  const refusalTime = createRefusalTime({ artifacts, passwords });
  void refusalTime.refresh();
  // The next start does what one does not finish.
  void reviewImportedHashes(store, clock).catch(() => undefined);
  const authentication = createAuthentication({ store, devices, passwords, settings, clock, refusalTime });
  return { authentication, devices };
}
