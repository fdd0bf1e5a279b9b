import { accountClient } from '../clients/account-client.ts';
import type { FindClient } from '../clients/known-client.ts';
import { withUsableKeys } from '../clients/usable-keys.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { Store } from '../store/store.ts';

interface FinderParts {
  config: Config;
  store: Store;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  outbound: Pick<Outbound, 'get'>;
}

/** Finds the built-in client, a client by its record, and where documents may be clients, by its document. A record wins. */
export async function createClientFinder(parts: FinderParts): Promise<FindClient> {
  const { config, store, log } = parts;
  const builtIn = accountClient(config);
  const findRecord: FindClient = async (id) => (id === builtIn.id ? builtIn : await store.clients.find(id));
  const find = config.registration.documents === 'off' ? findRecord : await withDocuments(parts, findRecord);
  return withUsableKeys(find, (found) => log.warn(found, 'a key of the client is not used: replace it'));
}

/** Loaded where the configuration asks for it. */
async function withDocuments(parts: FinderParts, findRecord: FindClient): Promise<FindClient> {
  const [{ createDocumentClients }, { documentQuota }] = await Promise.all([
    import('../clients/self-registration/document-clients.ts'),
    import('../oidc/registration/document-quota.ts'),
  ]);
  const findByDocument = createDocumentClients({ ...parts, admit: documentQuota(parts) });
  return async (id) => (await findRecord(id)) ?? (await findByDocument(id));
}
