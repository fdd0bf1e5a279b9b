import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAccounts } from './accounts/accounts.ts';
import { addDemoAccount } from './accounts/demo-account.ts';
import { createPasswords } from './accounts/passwords.ts';
import { warnOfSharedEmails } from './accounts/shared-emails.ts';
import { createAudit } from './audit/audit.ts';
import { keyReaders } from './audit/key-readers.ts';
import { withUsableKeys } from './clients/usable-keys.ts';
import { createClients, type Reconciliation } from './clients/clients.ts';
import type { Config } from './config/config.ts';
import { proxyList } from './config/trusted-proxies.ts';
import { middleware } from './http/app.ts';
import { readClientAddress } from './http/client-address.ts';
import { serveAsIssuer } from './http/issuer-origin.ts';
import { requestQuotas } from './http/request-quotas.ts';
import { createSelfTest } from './http/self-test.ts';
import { createSite } from './http/site.ts';
import { whenNeeded } from './http/when-needed.ts';
import { createHttpServer } from './http-server.ts';
import { createSignInTurns } from './interactions/sign-in-turns.ts';
import { countWrongSecrets, UNCOUNTED } from './limits/wrong-secrets.ts';
import { createListener, MANAGEMENT_SETTINGS, SERVER_SETTINGS } from './listener.ts';
import { flushLog, type Logger } from './observability/log.ts';
import type { Gauges } from './observability/instruments.ts';
import { createManagementServer } from './observability/management.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { clientCredentials } from './oidc/client-credentials.ts';
import { createConsentMemory } from './oidc/consent.ts';
import { reportEngineEvents } from './oidc/events.ts';
import { createInteractions } from './oidc/interactions.ts';
import { jwtAccessTokens } from './oidc/jwt-access-tokens.ts';
import { CLOCK_TOLERANCE, grantLifetime } from './oidc/lifetimes.ts';
import { createProvider } from './oidc/provider.ts';
import { signedInAccount } from './oidc/signed-in.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import type { Hsm } from './signing/hsm.ts';
import { type KeyRing, openKeyRing, proveSigner } from './signing/key-ring.ts';
import { watchKeyRing } from './signing/key-ring-watcher.ts';
import { IN_STORE, type KeysInUse, openKeySource, withHsm } from './signing/open-key-source.ts';
import { rotationSettings } from './signing/rotation.ts';
import { looksLost, openConfiguredStore } from './store/open.ts';
import type { Store } from './store/store.ts';
import { startSweeper } from './sweeper.ts';

/** The composition root: the only place that constructs and connects everything. */

export interface RunningServer extends Pick<Readiness, 'ready' | 'alive'> {
  /** Port that it listens on; differs from the configured one when that is 0. */
  readonly port: number;
  readonly managementPort: number | undefined;
  /** Requests taken since the start. */
  readonly requests: number;
  readonly metrics: Pick<Metrics, 'expose' | 'contentType'>;
  /** Follows changed signing keys now instead of within seconds. */
  followKeys(): Promise<void>;
  /** What became of the declared clients. */
  readonly clients: Reconciliation;
  /** Stops taking requests, finishes those under way, and closes everything. */
  close(options?: CloseOptions): Promise<void>;
}

export interface CloseOptions {
  /** Milliseconds to go on serving after `ready` has begun to fail, so that load balancers which ask it notice. */
  delay?: number | undefined;
  /** Milliseconds in which an idle connection may still bring one request. */
  grace?: number | undefined;
}

export interface ServerOptions {
  log: Logger;
  /** Epoch milliseconds. */
  clock?: () => number;
  /** Number of this process among several workers: a label of its metrics. The primary answers on the management port then. */
  worker?: number;
}

/**
 * @throws ConfigurationError, StoreOpenError, KeySourceError or ListenError, each with sentences for the operator
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  const { clock = () => Date.now() } = options;
  const store = await openConfiguredStore(config, { clock });
  let hsm: Hsm | undefined;
  try {
    const { log } = options;
    const keys = await withHsm(openKeySource(config, store, clock), {
      settings: config.hsm,
      onLost: (err) => log.error({ err }, 'the HSM cannot be used: no tokens until it is back'),
      onBack: () => log.warn('the HSM is back'),
    });
    hsm = keys.hsm;
    return await serve(config, store, keys, clock, options);
  } catch (error) {
    await hsm?.close();
    await store.close();
    throw error;
  }
}

async function serve(
  config: Config,
  store: Store,
  { source: keySource, hsm }: KeysInUse,
  clock: () => number,
  { log, worker }: ServerOptions,
): Promise<RunningServer> {
  const development = config.mode === 'development';
  const { assets, pageHeaders, showPage, tooLarge } = createSite(config);
  const identity = await store.identify();
  let made: string | undefined;
  const ring = await openKeyRing({ source: keySource, clock, onCreate: (kid) => (made = kid) });
  if (made !== undefined) log.warn({ kid: made }, `made a new signing key in ${keySource.name}`);
  else if (config.keys !== IN_STORE && (await looksLost(store, ring.since))) {
    log.warn(
      `the store is empty, but the keys in ${keySource.name} are not new: was it lost? restore a backup`,
    );
  }
  await proveSigner(ring);
  const audit = createAudit({
    store,
    clock,
    onError: (err) => log.error({ err }, 'audit events could not be written'),
  });
  const passwords = createPasswords(config.passwords, config);
  const signInTurns = createSignInTurns(config.passwords);
  const revocationLifetime = grantLifetime(config.lifetimes);
  const accounts = createAccounts({ store, passwords, audit, clock, revocationLifetime });
  const clients = createClients({ store, apis: config.apis, mode: config.mode, audit, clock });
  const reconciled = await clients.reconcile(config.clients);
  if (config.demo) await addDemoAccount(accounts);
  if (config.accounts.uniqueEmail) void warnOfSharedEmails(store.accounts, log);

  const gauges: Gauges = {
    hsm_requests_waiting: { help: 'Requests that the HSM has not answered.', read: () => hsm?.waiting ?? 0 },
    password_hashes_waiting: {
      help: 'Sign-ins and password hashes in the queue.',
      read: () => signInTurns.waiting + passwords.waiting,
    },
    audit_events_dropped: { help: 'Audit events lost since the start.', read: () => audit.dropped },
  };
  const metrics = createMetrics(gauges, worker);
  const consent = createConsentMemory(store.artifacts, config.lifetimes.consent, clock);

  const { limits } = config;
  const quotas = requestQuotas({ limits, counts: store.quotas, metrics, clock });
  const wrongSecrets = limits.enabled
    ? countWrongSecrets({ limit: limits.wrongClientSecrets, counts: store.quotas, clock })
    : UNCOUNTED;

  const unusedKey = (found: object) => log.warn(found, 'a key of the client is not used: replace it');
  const findClient = withUsableKeys((id) => store.clients.find(id), unusedKey);

  const clientAddress = readClientAddress(proxyList(config.trustedProxies), log);
  /** One engine, with the keys of one ring, behind the list of middleware. */
  const createHandler = ({ keys, published }: KeyRing): RequestListener => {
    const provider = createProvider({
      config,
      store,
      consent,
      findAccount: (id) => accounts.find(id),
      findClient,
      wrongSecrets,
      keys,
      showPage,
      clock,
    });
    reportEngineEvents(provider, { log, audit, metrics, wrongSecrets, development });
    serveAsIssuer(provider, config.issuer, clientAddress);
    const interactions = whenNeeded(async () => {
      const { createAuthentication } = await import('./accounts/authentication.ts');
      const { interactionRoutes } = await import('./interactions/router.ts');
      const settings = config.loginProtection;
      return interactionRoutes({
        issuer: config.issuer,
        interactions: createInteractions(provider, consent, config.apis, clock),
        accounts,
        authentication: createAuthentication({ store, passwords, settings, clock }),
        signInTurns,
        deviceLifetime: settings.knownDevice,
        apis: config.apis,
        audit,
        metrics,
        log,
        showPage,
      });
    });
    const tokens = jwtAccessTokens({
      issuer: config.issuer,
      keys: published.keys,
      artifacts: store.artifacts,
      audit,
      apis: config.apis,
      findClient: (id) => provider.Client.find(id),
      grantStands: async (id) => (await provider.Grant.find(id)) !== undefined,
      clientStands: async (id, instance) => {
        const client = await clients.find(id);
        return client !== undefined && client.instance === instance;
      },
      clockTolerance: CLOCK_TOLERANCE,
    });
    const machineTokens = clientCredentials({
      issuer: config.issuer,
      provider,
      wrongSecrets,
      apis: config.apis,
      lifetime: config.lifetimes.accessToken,
      keys,
      audit,
      metrics,
      clock,
    });
    const steps = middleware({
      issuer: config.issuer,
      demo: config.demo,
      sampleApp: config.samples.app,
      log,
      metrics,
      published,
      quotas,
      onKeysRead: keyReaders(audit),
      assets,
      pageHeaders,
      showPage,
      sessionCookie: provider.cookieName('session'),
      signedIn: (ctx) => signedInAccount(ctx, provider, (id) => accounts.find(id)),
      interactions,
      clientCredentials: machineTokens,
      jwtAccessTokens: tokens,
    });
    provider.use(steps);
    const handle = provider.callback();
    // Never rejects: koa answers for every error.
    return (request, response) => void handle(request, response);
  };

  let handle = createHandler(ring);
  const watcher = watchKeyRing({
    source: keySource,
    settings: rotationSettings(config),
    clock,
    ring,
    onChange: (next) => {
      handle = createHandler(next);
      log.info({ kid: next.keys[0]?.kid, published: next.published.keys.length }, 'signing keys changed');
    },
    onError: (err) => log.error({ err }, 'the signing keys could not be read; those in use stay'),
  });

  const answer: RequestListener = (request, response) => handle(request, response);
  const selfTest = createSelfTest(config.issuer, answer);
  const readiness = createReadiness({ store, identity, hsm, keys: watcher, selfTest, log });
  const server = createHttpServer(answer, tooLarge);
  const listener = createListener(server);
  const management = createListener(createManagementServer({ metrics, ...readiness, ...config.management }));
  const sweeper = startSweeper({ store, log, clock, audit: config.audit });

  const close = async ({ delay = 0, grace }: CloseOptions = {}): Promise<void> => {
    readiness.drain();
    if (delay > 0) await sleep(delay);
    await listener.drain(grace);
    await management.drain();
    watcher.stop();
    sweeper.stop();
    await audit.close();
    await hsm?.close();
    await store.close();
    await flushLog(log);
  };
  try {
    const port = await listener.listen(config.host, config.port, SERVER_SETTINGS);
    const { host: managementHost, port: wanted } = config.management;
    const managementPort =
      worker === undefined ? await management.listen(managementHost, wanted, MANAGEMENT_SETTINGS) : undefined;
    return {
      port,
      managementPort,
      get requests() {
        return listener.requests;
      },
      metrics,
      ...readiness,
      followKeys: () => watcher.look(),
      clients: reconciled,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
