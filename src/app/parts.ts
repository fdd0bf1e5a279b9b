import type { Clock } from '../clock.ts';
import { type Accounts, createAccounts } from '../accounts/accounts.ts';
import { createNewPeople } from '../accounts/sign-up/new-people.ts';
import { createPasswords, type Passwords } from '../accounts/credentials/password.ts';
import { DOMAINS_RECORD, domainWarning } from '../accounts/credentials/passkey-domains.ts';
import { resealSeeds } from '../accounts/resealed-seeds.ts';
import { createAudit, type EventOrigin } from '../audit/audit.ts';
import { SYSTEM } from '../audit/actors.ts';
import { type Clients, createClients, type Reconciliation } from '../clients/clients.ts';
import { createClientLogos } from '../clients/logos/logos.ts';
import { metadataContext } from '../clients/fields/shape.ts';
import { resealSecrets } from '../clients/resealing.ts';
import type { Config } from '../config/config.ts';
import { ConfigurationError } from '../config/errors.ts';
import { relyingParty } from '../config/relying-party.ts';
import { trustedProxyCheck } from '../config/trusted-proxies.ts';
import { readClientAddress } from '../http/client-address.ts';
import { createQuotas } from '../http/quotas.ts';
import {
  createLoginConcurrencyLimit,
  type LoginConcurrencyLimit,
} from '../interactions/login-concurrency-limit.ts';
import { createClientSecretThrottle, noThrottle } from '../limits/client-secret-throttle.ts';
import { type QueueFigures, startQueueFigures } from '../jobs/queue-figures.ts';
import type { Logger } from '../observability/log.ts';
import type { Gauges } from '../observability/instruments.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';
import { createOutbound } from '../outbound/create-outbound.ts';
import { outboundSettings } from '../outbound/outbound-parts.ts';
import { createConsentMemory } from '../oidc/authorization/consent-memory.ts';
import { grantLifetime } from '../oidc/engine/lifetimes.ts';
import { resealPairwiseSalt } from '../oidc/engine/pairwise-salt.ts';
import { createSealer, type Sealer } from '../signing/sealing/sealer.ts';
import type { KeysInUse } from '../signing/signers/attach-hsm.ts';
import type { AuditActor, Store, StoreCounts } from '../store/store.ts';
import { lazyAuthentication } from './authentication.ts';
import { createClientFinder } from './client-finder.ts';
import type { HandlerParts } from './handler.ts';
import { createMailing } from './mailing.ts';
import { createRecovery } from './recovery.ts';
import type { Site } from './site.ts';

/** Creates the parts of a server that do not depend on the signing keys. */

/** The parts that are opened before the others. */
export interface Foundation {
  config: Config;
  store: Store;
  keys: KeysInUse;
  clock: Clock;
  log: Logger;
  /** See `ServerOptions`. */
  worker: number | undefined;
}

/** Creates the parts that all key rings share; also makes declared clients and the demo account match the configuration. */
export async function createParts(
  foundation: Foundation,
  site: Site,
): Promise<{ parts: HandlerParts; reconciled: Reconciliation; queueFigures: QueueFigures }> {
  const { config, store, clock, log } = foundation;
  const audit = auditTrail(foundation);
  const passwords = createPasswords(config.passwords, config);
  const loginConcurrencyLimit = createLoginConcurrencyLimit(config.passwords);
  const revocationLifetime = grantLifetime(config.lifetimes);
  const system = audit.as(SYSTEM);
  const accountsAs = (actor: AuditActor, origin?: EventOrigin): Accounts =>
    createAccounts({ store, passwords, audit: audit.as(actor, origin), clock, revocationLifetime });
  const accounts = accountsAs(SYSTEM);
  const sealer = createSealer(config);
  const clients = createClients({ store, ...metadataContext(config), audit: system, clock, sealer });
  const reconciled = await reconcileClients(clients, config);
  if (sealer.isRotating()) void sealAgain(foundation, sealer);
  await prepareAccounts(foundation, accounts);

  const queueFigures = startQueueFigures({ jobs: store.jobs, clock, log });
  const metrics = processMetrics(foundation, { passwords, loginConcurrencyLimit, audit, queueFigures });
  const outbound = createOutbound({ settings: outboundSettings(config), clock, log, metrics });
  const findClient = await createClientFinder({ ...foundation, metrics, outbound });
  const mailing = createMailing({ ...foundation, messages: site.messages, sealer, audit, metrics });
  const parts: HandlerParts = {
    config,
    store,
    clock,
    log,
    metrics,
    audit,
    accounts,
    ...createRecovery({ ...foundation, mail: mailing.mail, sealer, audit, accountsAs }),
    site,
    outbound,
    ...mailing,
    newPeople: createNewPeople({ ...foundation, ...mailing, passwords, sealer, audit, accountsAs }),
    logos: createClientLogos({ artifacts: store.artifacts, outbound, clock, log }),
    consent: createConsentMemory(store.artifacts, config.lifetimes.consent, clock),
    findClient,
    isClientCurrent: async (id, instance) => (await findClient(id))?.instance === instance,
    ...networkParts(foundation, metrics),
    sealer,
    passwords,
    loadAuthentication: lazyAuthentication({ config, store, passwords, clock }),
    loginConcurrencyLimit,
  };
  return { parts, reconciled, queueFigures };
}

/** What depends on the network that a request comes from. */
function networkParts({ config, store, clock, log }: Foundation, metrics: Metrics) {
  const { limits } = config;
  const counts = store.quotas;
  const isTrustedProxy = trustedProxyCheck(config.trustedProxies);
  return {
    isTrustedProxy,
    clientAddress: readClientAddress(isTrustedProxy, log),
    quotas: createQuotas({ limits, counts, metrics, clock }),
    secretThrottle: limits.enabled
      ? createClientSecretThrottle({ limit: limits.wrongClientSecrets, counts, clock })
      : noThrottle,
  };
}

function auditTrail({ store, clock, log }: Foundation): ReturnType<typeof createAudit> {
  const onError = (err: unknown): void => log.error({ err }, 'audit events could not be written');
  return createAudit({ store, clock, onError });
}

/** @throws ConfigurationError whose problems name the files of the configuration */
async function reconcileClients(clients: Clients, config: Config): Promise<Reconciliation> {
  try {
    return await clients.reconcile(config.clients);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(error.problems.map((problem) => config.sourceFiles.withFile(problem)));
  }
}

/** For the rotation of the sealing key or the master key. */
async function sealAgain({ store, log }: Foundation, sealer: Sealer): Promise<void> {
  try {
    const pairwiseSalt = await resealPairwiseSalt(store.artifacts, sealer);
    const clients = await resealSecrets(store.clients, sealer);
    // For the seeds, the last: it walks over all accounts.
    const authenticators = await resealSeeds(store.accounts, sealer);
    log.info({ clients, pairwiseSalt, authenticators }, 'secrets are sealed with the first key');
  } catch (err) {
    log.error({ err }, 'secrets could not be sealed with the first key; keep the older keys');
  }
}

/** What few configurations ask for is loaded for them alone. */
async function prepareAccounts({ config, store, log }: Foundation, accounts: Accounts): Promise<void> {
  if (config.demo) {
    const { addDemoAccount } = await import('../accounts/demo-account.ts');
    await addDemoAccount(accounts);
  }
  if (config.accounts.uniqueEmail) {
    const { warnOfSharedEmails } = await import('../accounts/shared-emails.ts');
    void warnOfSharedEmails(store.accounts, log);
  }
  const party = relyingParty(config);
  if (party !== undefined) {
    const { kind, id } = DOMAINS_RECORD;
    const warning = domainWarning(await store.artifacts.find(kind, id), party);
    if (warning !== undefined) log.warn(warning);
  }
}

function processMetrics(
  { store, keys: { hsm }, worker }: Foundation,
  {
    passwords,
    loginConcurrencyLimit,
    audit,
    queueFigures,
  }: {
    passwords: Passwords;
    loginConcurrencyLimit: LoginConcurrencyLimit;
    audit: { readonly dropped: number };
    queueFigures: Pick<QueueFigures, 'gauges'>;
  },
): Metrics {
  const gauges: Gauges = {
    hsm_requests_waiting: { help: 'Requests that the HSM has not answered.', read: () => hsm?.waiting ?? 0 },
    password_hashes_waiting: {
      help: 'Sign-ins and password hashes in the queue.',
      read: () => loginConcurrencyLimit.waiting + passwords.waiting,
    },
    ...storeMetrics(store.counts),
    ...queueFigures.gauges,
    audit_events_dropped: { help: 'Audit events lost since the start.', read: () => audit.dropped },
  };
  return createMetrics(gauges, worker);
}

function storeMetrics(counts: Readonly<StoreCounts>): Gauges {
  return {
    store_reads_total: { help: 'Reads of the store.', read: () => counts.reads },
    store_transactions_total: {
      help: 'Transactions that wrote to the store.',
      read: () => counts.transactions,
    },
    store_round_trips_total: { help: 'Round trips to Redis.', read: () => counts.roundTrips },
    store_durable_waits_total: {
      help: 'Times that writes waited for the disk, or for replicas of Redis.',
      read: () => counts.durableWaits,
    },
  };
}
