import { type Clock, nowInSeconds } from '../../clock.ts';
import type { ArtifactStore } from '../../store/store.ts';

/**
 * Remembered consent: by account and client instance, independent of the grants of single sessions. A client that is removed and added again
 * has another instance.
 */
export interface RememberedConsent {
  /** Granted scopes of OpenID Connect. */
  openid: string[];
  /** Granted scopes by API (resource indicator). */
  resources: Record<string, string[]>;
}

export interface ConsentMemory {
  /** @param instance `ClientRecord.instance` */
  find(accountId: string, instance: string): Promise<RememberedConsent | undefined>;
  /** Adds scopes to the remembered ones. */
  add(accountId: string, instance: string, consent: RememberedConsent): Promise<void>;
}

/**
 * @param lifetime seconds that consent is remembered after it was last given
 */
export function createConsentMemory(artifacts: ArtifactStore, lifetime: number, clock: Clock): ConsentMemory {
  const key = (accountId: string, instance: string) => `${accountId}\n${instance}`;
  const find = async (accountId: string, instance: string) =>
    (await artifacts.find('Consent', key(accountId, instance))) as RememberedConsent | undefined;
  return {
    find,
    async add(accountId, instance, consent) {
      const expiresAt = nowInSeconds(clock) + lifetime;
      await artifacts.update('Consent', key(accountId, instance), (before) => ({
        payload: { ...merge(before as RememberedConsent | undefined, consent) },
        expiresAt,
        accountId,
      }));
    },
  };
}

function merge(before: RememberedConsent | undefined, added: RememberedConsent): RememberedConsent {
  const resources = { ...before?.resources };
  for (const [resource, scopes] of Object.entries(added.resources)) {
    resources[resource] = union(resources[resource], scopes);
  }
  return { openid: union(before?.openid, added.openid), resources };
}

function union(a: readonly string[] = [], b: readonly string[] = []): string[] {
  return [...new Set([...a, ...b])];
}
