import type { ArtifactStore } from '../store/store.ts';

/** Consent as Signet remembers it: per account and client, apart from the grants of single sessions. */
export interface RememberedConsent {
  /** Granted scopes of OpenID Connect. */
  openid: string[];
  /** Granted scopes by API (resource indicator). */
  resources: Record<string, string[]>;
}

export interface ConsentMemory {
  recall(accountId: string, clientId: string): Promise<RememberedConsent | undefined>;
  /** Adds to what is remembered. */
  remember(accountId: string, clientId: string, consent: RememberedConsent): Promise<void>;
}

/**
 * @param lifetime seconds that consent is remembered after it was last given
 * @param clock epoch milliseconds
 */
export function createConsentMemory(
  artifacts: ArtifactStore,
  lifetime: number,
  clock: () => number,
): ConsentMemory {
  const key = (accountId: string, clientId: string) => `${accountId}\n${clientId}`;
  const recall = async (accountId: string, clientId: string) =>
    (await artifacts.find('Consent', key(accountId, clientId))) as RememberedConsent | undefined;
  return {
    recall,
    async remember(accountId, clientId, consent) {
      const before = await recall(accountId, clientId);
      await artifacts.upsert('Consent', key(accountId, clientId), {
        payload: { ...merge(before, consent) },
        expiresAt: Math.floor(clock() / 1000) + lifetime,
        accountId,
      });
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
