import type { Account } from '../../accounts/accounts.ts';
import { type ConsentFacts, consentKey } from '../../accounts/consents.ts';
import { isWithdrawn, withdrawalsOf } from '../../accounts/revocations.ts';
import { type Clock, nowInSeconds } from '../../clock.ts';
import type { ArtifactStore } from '../../store/store.ts';

/**
 * Remembered consent: by account and client instance, independent of the grants of single sessions. A client that is removed and added again
 * has another instance. `accounts/consents.ts` lists and withdraws it.
 */
export interface RememberedConsent {
  /** Granted scopes of OpenID Connect. */
  openid: string[];
  /** Single claims about the person that the `claims` parameter has named; absent where there are none. */
  claims?: string[];
  /** Granted scopes by API (resource indicator). */
  resources: Record<string, string[]>;
  /** Where it leads, for a client that registered itself (`consent-destination.ts`); absent for all others. */
  destinations?: string[];
}

/** `withdrawals`: `withdrawalsOf` the account when consent was given; absent in what versions before 0.2 wrote. */
type StoredConsent = RememberedConsent & { withdrawals?: number };

type Giver = Pick<Account, 'id' | 'revocations'>;

export interface ConsentMemory {
  /** @param instance `ClientRecord.instance` */
  find(account: Giver, instance: string): Promise<RememberedConsent | undefined>;
  /**
   * Adds scopes to the remembered ones.
   * @param account as it was when the person consented: what was withdrawn since stays withdrawn
   */
  add(account: Giver, client: { id: string; instance: string }, consent: RememberedConsent): Promise<void>;
}

/**
 * @param lifetime seconds that consent is remembered after it was last given
 */
export function createConsentMemory(artifacts: ArtifactStore, lifetime: number, clock: Clock): ConsentMemory {
  return {
    async find(account, instance) {
      const stored = (await artifacts.find('Consent', consentKey(account.id, instance))) as
        | StoredConsent
        | undefined;
      return stored === undefined || isWithdrawn(account, instance, stored) ? undefined : stored;
    },
    async add(account, { id: clientId, instance }, consent) {
      const now = nowInSeconds(clock);
      await artifacts.update('Consent', consentKey(account.id, instance), (before) => {
        const merged = merge(before as StoredConsent | undefined, consent, account, instance);
        const facts: ConsentFacts = { ...merged, clientId, instance, givenAt: now };
        return {
          payload: { ...merged },
          expiresAt: now + lifetime,
          accountId: account.id,
          listed: { facts: { ...facts } },
        };
      });
    },
  };
}

/**
 * The result has the number of this request, also when another request, which has seen a later withdrawal, came first: if that was a
 * withdrawal from this client, the person is asked again.
 */
function merge(
  before: StoredConsent | undefined,
  added: RememberedConsent,
  account: Giver,
  instance: string,
): RememberedConsent & { withdrawals: number } {
  const withdrawals = withdrawalsOf(account);
  if (before === undefined || isWithdrawn(account, instance, before)) return { ...added, withdrawals };
  const resources = { ...before.resources };
  for (const [resource, scopes] of Object.entries(added.resources)) {
    resources[resource] = union(resources[resource], scopes);
  }
  const claims = union(before.claims, added.claims);
  const destinations = union(before.destinations, added.destinations);
  return {
    openid: union(before.openid, added.openid),
    ...(claims.length > 0 && { claims }),
    resources,
    ...(destinations.length > 0 && { destinations }),
    withdrawals,
  };
}

function union(a: readonly string[] = [], b: readonly string[] = []): string[] {
  return [...new Set([...a, ...b])];
}
