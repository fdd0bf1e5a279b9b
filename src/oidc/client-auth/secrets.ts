import type { Client, Provider } from 'oidc-provider';
import { type Clock, nowInSeconds } from '../../clock.ts';
import { verifySecret } from '../../clients/secrets.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { override } from '../overrides.ts';

type CompareSecret = (this: Client, candidate: string) => boolean;

/**
 * Lets a client that authenticates with a secret have none in the engine, which would derive symmetric keys from it. The digests are extra
 * metadata (`engine/client-settings.ts`); keys come from `symmetric-keys.ts`.
 */
export function registerSecretsAsDigests(provider: Provider): void {
  override<() => boolean>(provider, 'Client.needsSecret', () => () => false);
}

/** Compares secrets with the digests that are stored. Several can be valid, for rotation. */
export function compareSecretDigests(provider: Provider, clock: Clock): void {
  override<CompareSecret>(
    provider,
    'Client.prototype.compareClientSecret',
    () =>
      function compareDigest(candidate) {
        return verifySecret(clientSettings(this).secrets, candidate, nowInSeconds(clock));
      },
  );
}
