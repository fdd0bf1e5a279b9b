import type { Account } from '../accounts/accounts.ts';
import type { ConsentFacts } from '../accounts/consents.ts';
import { isWithdrawn } from '../accounts/revocations.ts';
import { withOwnAddresses } from '../clients/self-registration/own-addresses.ts';
import { parseWebUrl } from '../config/url.ts';
import { addToQuery } from '../oidc/engine/redirect.ts';
import type { AppLink } from '../pages/page-data.ts';
import { initialOf } from '../pages/views.ts';
import type { ClientRecord, ListedRecord, Store } from '../store/store.ts';
import { shownMember, shownName } from './client-appearance.ts';
import { type SessionUse, sessionUses } from './session-clients.ts';

/**
 * The applications of a person: those that their sessions were used for, and those that they consented to. A link starts a sign-in at the
 * application (OpenID Connect Core §4, initiating login from a third party), or leads to its site.
 */

/** Records that are read, the latest ones. */
const MAX_CONSENTS = 50;
/** Clients that are read and shown. */
const MAX_APPS = 24;

/** When the person used an application, as far as one session or consent says it. */
interface Use {
  clientId: string;
  /** Epoch seconds. */
  at: number;
  /** Whether a later withdrawal voids it. */
  isValid: (client: ClientRecord) => boolean;
}

/** The path of the logo of a client on this server; undefined while it has none. */
type LogoPath = (client: ClientRecord) => Promise<string | undefined>;

/**
 * @param languages of the person (`http/languages.ts`)
 * @returns the one used last first
 */
export async function appsOf(
  account: Account,
  {
    store,
    issuer,
    languages,
    logoPath,
  }: {
    store: Pick<Store, 'clients' | 'listed'>;
    issuer: string;
    languages: readonly string[];
    logoPath: LogoPath;
  },
): Promise<AppLink[]> {
  const [sessions, consents] = await Promise.all([
    sessionUses(store, account),
    store.listed.list('Consent', account.id, { limit: MAX_CONSENTS }),
  ]);
  const uses = [
    ...sessions.map((use) => useOfSession(account, use)),
    ...consents.records.flatMap((record) => usesOfConsent(account, record)),
  ].toSorted((a, b) => b.at - a.at);
  const byClient = Map.groupBy(uses, ({ clientId }) => clientId);
  const found = await Promise.all(
    [...byClient].slice(0, MAX_APPS).map(async ([id, ofClient]) => {
      const record = await store.clients.find(id);
      const client = record && withOwnAddresses(record);
      return client !== undefined && ofClient.some(({ isValid }) => isValid(client))
        ? [{ ...appLink(client, issuer, languages), logo: await logoPath(client) }]
        : [];
    }),
  );
  return found.flat();
}

function useOfSession(account: Account, { clientId, beganAt, lastUsedAt }: SessionUse): Use {
  const isValid = ({ instance }: ClientRecord): boolean => !isWithdrawn(account, instance, { iat: beganAt });
  return { clientId, at: lastUsedAt, isValid };
}

function usesOfConsent(account: Account, { facts }: ListedRecord): Use[] {
  if (facts === undefined) return [];
  const { clientId, instance, givenAt, withdrawals } = facts as unknown as ConsentFacts;
  const isValid = (client: ClientRecord): boolean =>
    client.instance === instance && !isWithdrawn(account, instance, { withdrawals });
  return [{ clientId, at: givenAt, isValid }];
}

function appLink({ id, metadata }: ClientRecord, issuer: string, languages: readonly string[]): AppLink {
  const { initiate_login_uri: initiate } = metadata;
  const name = shownName({ id, metadata }, languages);
  const start = parseWebUrl(initiate);
  const url = start === undefined ? parseWebUrl(shownMember({ metadata }, 'client_uri', languages)) : start;
  return {
    name,
    initial: initialOf(name),
    url: start === undefined ? url?.href : addToQuery(String(initiate), { iss: issuer }),
    host: url?.host,
  };
}
