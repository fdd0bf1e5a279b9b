import type { RequestListener } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { createAccounts } from '../accounts/accounts.ts';
import { addDemoAccount } from '../accounts/demo-account.ts';
import { createPasswords, type Passwords } from '../accounts/credentials/password.ts';
import { warnOfSharedEmails } from '../accounts/shared-emails.ts';
import { createAudit } from '../audit/audit.ts';
import { withUsableKeys } from '../clients/usable-keys.ts';
import { createClients, type Reconciliation } from '../clients/clients.ts';
import type { Config } from '../config/config.ts';
import { proxyList } from '../config/trusted-proxies.ts';
import { readClientAddress } from '../http/client-address.ts';
import { createQuotas } from '../http/quotas.ts';
import { createSelfTest } from '../http/self-test.ts';
import {
  createLoginConcurrencyLimit,
  type LoginConcurrencyLimit,
} from '../interactions/login-concurrency-limit.ts';
import { createClientSecretThrottle, noThrottle } from '../limits/client-secret-throttle.ts';
import type { Logger } from '../observability/log.ts';
import type { Gauges } from '../observability/instruments.ts';
import { createManagementServer } from '../observability/management.ts';
import { createMetrics, type Metrics } from '../observability/metrics.ts';
import { createConsentMemory } from '../oidc/authorization/consent-memory.ts';
import { grantLifetime } from '../oidc/engine/lifetimes.ts';
import { type KeyRing, openKeyRing } from '../signing/ring.ts';
import { rotationSettings } from '../signing/rotation.ts';
import { selfTestSigner } from '../signing/signer-self-test.ts';
import { attachHsm, type HsmConnection, type KeysInUse } from '../signing/signers/attach-hsm.ts';
import { IN_STORE, openKeySource } from '../signing/sources/open.ts';
import { type KeyRingWatcher, watchKeyRing } from '../signing/watcher.ts';
import { looksLost, openConfiguredStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { createHandler, type HandlerParts } from './handler.ts';
import { createHttpServer } from './http-server.ts';
import { type CloseOptions, createClose } from './lifecycle.ts';
import { createListener, MANAGEMENT_SETTINGS, SERVER_SETTINGS } from './listener.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { createSite, type Site } from './site.ts';
import { startSweeper } from './sweeper.ts';

/**
 * `app/` is the composition root: the only folder that constructs and connects the parts of the server, by hand and with plain arguments.
 * `handler.ts` puts the engine, the middleware (`middleware.ts`) and the route table (`routes.ts`) together for one key ring; `listener.ts`
 * starts and drains the HTTP server; `lifecycle.ts` closes the parts that this file starts.
 *
 * It contains no protocol and no page. Commands (`cli/`) and worker processes (`workers/`) call `startServer`; everything else is below.
 */

export type { CloseOptions } from './lifecycle.ts';

export interface RunningServer extends Pick<Readiness, 'ready' | 'alive'> {
  /** Port that it listens on; differs from the configured one when that is 0. */
  readonly port: number;
  readonly managementPort: number | undefined;
  /** Requests taken since the start. */
  readonly requests: number;
  readonly metrics: Pick<Metrics, 'expose' | 'contentType'>;
  /** Follows changed signing keys now instead of within seconds. */
  followKeys(): Promise<void>;
  /** How the store was changed to match the declared clients. */
  readonly clients: Reconciliation;
  /** Stops taking requests, finishes those under way, and closes everything. */
  close(options?: CloseOptions): Promise<void>;
}

export interface ServerOptions {
  log: Logger;
  clock?: Clock;
  /** Number of this process among several workers: a label of its metrics. The primary answers on the management port then. */
  worker?: number;
}

/** The parts that are opened before the others. */
interface Foundation {
  config: Config;
  store: Store;
  keys: KeysInUse;
  clock: Clock;
  log: Logger;
  /** As in the options. */
  worker: number | undefined;
}

/**
 * @throws ConfigurationError, StoreOpenError, KeySourceError or ListenError, each with sentences for the operator
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  const { clock = systemClock, log, worker } = options;
  const store = await openConfiguredStore(config, { clock });
  let hsm: HsmConnection | undefined;
  try {
    const keys = await attachHsm(openKeySource(config, store, clock), {
      settings: config.hsm,
      onLost: (err) => log.error({ err }, 'the HSM cannot be used: no tokens until it is back'),
      onBack: () => log.warn('the HSM is back'),
    });
    hsm = keys.hsm;
    return await serve({ config, store, keys, clock, log, worker });
  } catch (error) {
    await hsm?.close();
    await store.close();
    throw error;
  }
}

async function serve(foundation: Foundation): Promise<RunningServer> {
  const { config, store, keys, clock, log, worker } = foundation;
  const site = createSite(config);
  const identity = await store.identify();
  const ring = await openRing(foundation);
  const { parts, reconciled } = await createParts(foundation, site);
  const { answer, watcher } = followRing(foundation, parts, ring);

  const selfTest = createSelfTest(config.issuer, answer);
  const readiness = createReadiness({ store, identity, hsm: keys.hsm, keys: watcher, selfTest, log });
  const listener = createListener(createHttpServer(answer, site.tooLarge));
  const { metrics, audit } = parts;
  const managementListener = createListener(
    createManagementServer({ metrics, ...readiness, ...config.management }),
  );
  const sweeper = startSweeper({ store, log, clock, audit: config.audit });
  const close = createClose({
    readiness,
    listener,
    management: managementListener,
    watcher,
    sweeper,
    audit,
    hsm: keys.hsm,
    store,
    log,
  });
  try {
    const port = await listener.listen(config.host, config.port, SERVER_SETTINGS);
    const managementPort =
      worker === undefined
        ? await managementListener.listen(config.management.host, config.management.port, MANAGEMENT_SETTINGS)
        : undefined;
    return {
      port,
      managementPort,
      get requests() {
        return listener.requests;
      },
      metrics,
      ...readiness,
      followKeys: () => watcher.refresh(),
      clients: reconciled,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens the key ring, and creates a first key where there is none. */
async function openRing({ config, store, keys: { source }, clock, log }: Foundation): Promise<KeyRing> {
  let made: string | undefined;
  const ring = await openKeyRing({ source, clock, onCreate: (kid) => (made = kid) });
  if (made !== undefined) log.warn({ kid: made }, `made a new signing key in ${source.name}`);
  else if (config.keys !== IN_STORE && (await looksLost(store, ring.since))) {
    log.warn(`the store is empty, but the keys in ${source.name} are not new: was it lost? restore a backup`);
  }
  await selfTestSigner(ring);
  return ring;
}

/** Creates the parts that all key rings share; also makes declared clients and the demo account match the configuration. */
async function createParts(
  foundation: Foundation,
  site: Site,
): Promise<{ parts: HandlerParts; reconciled: Reconciliation }> {
  const { config, store, clock, log } = foundation;
  const audit = createAudit({
    store,
    clock,
    onError: (err) => log.error({ err }, 'audit events could not be written'),
  });
  const passwords = createPasswords(config.passwords, config);
  const loginConcurrencyLimit = createLoginConcurrencyLimit(config.passwords);
  const revocationLifetime = grantLifetime(config.lifetimes);
  const accounts = createAccounts({ store, passwords, audit, clock, revocationLifetime });
  const clients = createClients({ store, apis: config.apis, mode: config.mode, audit, clock });
  const reconciled = await clients.reconcile(config.clients);
  if (config.demo) await addDemoAccount(accounts);
  if (config.accounts.uniqueEmail) void warnOfSharedEmails(store.accounts, log);

  const metrics = processMetrics(foundation, { passwords, loginConcurrencyLimit, audit });
  const { limits } = config;
  const counts = store.quotas;
  const parts: HandlerParts = {
    config,
    store,
    clock,
    log,
    metrics,
    audit,
    accounts,
    site,
    consent: createConsentMemory(store.artifacts, config.lifetimes.consent, clock),
    findClient: withUsableKeys(
      (id) => store.clients.find(id),
      (found) => log.warn(found, 'a key of the client is not used: replace it'),
    ),
    isClientCurrent: async (id, instance) => (await clients.find(id))?.instance === instance,
    clientAddress: readClientAddress(proxyList(config.trustedProxies), log),
    passwords,
    loginConcurrencyLimit,
    quotas: createQuotas({ limits, counts, metrics, clock }),
    secretThrottle: limits.enabled
      ? createClientSecretThrottle({ limit: limits.wrongClientSecrets, counts, clock })
      : noThrottle,
  };
  return { parts, reconciled };
}

function processMetrics(
  { keys: { hsm }, worker }: Foundation,
  {
    passwords,
    loginConcurrencyLimit,
    audit,
  }: {
    passwords: Passwords;
    loginConcurrencyLimit: LoginConcurrencyLimit;
    audit: { readonly dropped: number };
  },
): Metrics {
  const gauges: Gauges = {
    hsm_requests_waiting: { help: 'Requests that the HSM has not answered.', read: () => hsm?.waiting ?? 0 },
    password_hashes_waiting: {
      help: 'Sign-ins and password hashes in the queue.',
      read: () => loginConcurrencyLimit.waiting + passwords.waiting,
    },
    audit_events_dropped: { help: 'Audit events lost since the start.', read: () => audit.dropped },
  };
  return createMetrics(gauges, worker);
}

/** Answers with the handler of the current key ring. A changed ring gets a new handler, for the requests that arrive from then on. */
function followRing(
  { config, keys: { source }, clock, log }: Foundation,
  parts: HandlerParts,
  ring: KeyRing,
): { answer: RequestListener; watcher: KeyRingWatcher } {
  let handle = createHandler(parts, ring);
  const watcher = watchKeyRing({
    source,
    settings: rotationSettings(config),
    clock,
    ring,
    onChange: (next) => {
      handle = createHandler(parts, next);
      log.info({ kid: next.keys[0]?.kid, published: next.published.keys.length }, 'signing keys changed');
    },
    onError: (err) => log.error({ err }, 'the signing keys could not be read; those in use stay'),
  });
  return { answer: (request, response) => handle(request, response), watcher };
}
