import type { RequestListener } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import type { Reconciliation } from '../clients/clients.ts';
import { registrationPolicy } from '../clients/self-registration/policy.ts';
import type { Config } from '../config/config.ts';
import type { Audit } from '../audit/audit.ts';
import { SYSTEM } from '../audit/actors.ts';
import { createSelfTest } from '../http/self-test.ts';
import type { JobKind } from '../jobs/kind.ts';
import type { Logger } from '../observability/log.ts';
import { createManagementServer } from '../observability/management.ts';
import type { Metrics } from '../observability/metrics.ts';
import { type KeyRing, openKeyRing } from '../signing/ring.ts';
import type { DecryptionKeys } from '../signing/decryption/decryption-keys.ts';
import { rotationSettings } from '../signing/rotation.ts';
import { selfTestSigners } from '../signing/signer-self-test.ts';
import { attachHsm, type HsmConnection } from '../signing/signers/attach-hsm.ts';
import { IN_STORE, openKeySource } from '../signing/sources/open.ts';
import type { StoredKey } from '../signing/stored-key.ts';
import { type KeyRingWatcher, watchKeyRing } from '../signing/watcher.ts';
import { looksLost, openConfiguredStore } from '../store/open.ts';
import { startAccountIndexing } from './account-indexing.ts';
import { createHandler, type HandlerParts } from './handler.ts';
import { createParts, type Foundation } from './parts.ts';
import { createHttpServer } from './http-server.ts';
import { type CloseOptions, createClose } from './lifecycle.ts';
import { createListener, MANAGEMENT_SETTINGS, SERVER_SETTINGS } from './listener.ts';
import { openDecryption } from './decryption.ts';
import { startOutbox } from './outbox.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { createSite } from './site.ts';
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
  /** Executes the jobs of the outbox that are due now instead of within seconds. */
  sendJobs(): Promise<void>;
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

/**
 * @throws ConfigurationError, StoreOpenError, KeySourceError or ListenError, each with sentences for the operator
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  const { clock = systemClock, log, worker } = options;
  const store = await openConfiguredStore(config, { clock, onWait: (message) => log.warn(message) });
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
  const { ring, made } = await openRing(foundation);
  const { parts, reconciled, queueFigures } = await createParts(foundation, site);
  for (const key of made) recordAnnouncement(parts.audit, key);
  const { answer, watcher, decryption, jobs: kinds } = await followRing(foundation, parts, ring);

  const selfTest = createSelfTest(config.issuer, answer);
  const readiness = createReadiness({ store, identity, hsm: keys.hsm, keys: watcher, selfTest, log });
  const listener = createListener(createHttpServer(answer, site.tooLarge));
  const { metrics, audit } = parts;
  const managementListener = createListener(
    createManagementServer({ metrics, ...readiness, ...config.management }),
  );
  const removeUnused = await unusedClientSweep(foundation, audit);
  const sweeper = startSweeper({ store, log, clock, audit: config.audit, removeUnused });
  const jobs = startOutbox(parts, kinds, queueFigures);
  const indexing = startAccountIndexing({ accounts: store.accounts, log });
  const close = createClose({
    readiness,
    listener,
    management: managementListener,
    watcher,
    decryption,
    sweeper,
    indexing,
    jobs,
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
      followKeys: async () => {
        await watcher.refresh();
        await decryption?.refresh();
      },
      sendJobs: () => jobs.sendDue(),
      clients: reconciled,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Loaded where clients register themselves. */
async function unusedClientSweep({ config, store, clock }: Foundation, audit: Audit) {
  if (registrationPolicy(config).mode === 'off') return undefined;
  const { createUnusedClientSweep } = await import('../clients/self-registration/unused-clients.ts');
  const { unusedAfter } = config.registration;
  return createUnusedClientSweep({ clients: store.clients, audit: audit.as(SYSTEM), clock, unusedAfter });
}

/**
 * Opens the key ring, and creates a first key for each algorithm without one.
 * @returns `made`: the first keys
 */
async function openRing({
  config,
  store,
  keys: { source },
  clock,
  log,
}: Foundation): Promise<{ ring: KeyRing; made: readonly StoredKey[] }> {
  const made: StoredKey[] = [];
  const ring = await openKeyRing({
    source,
    clock,
    algorithms: config.signingAlgorithms,
    onCreate: (key) => made.push(key),
  });
  for (const { kid, alg, announcedAt, signsFrom } of made) {
    const isAnnounced = signsFrom > announcedAt && { signsFrom: new Date(signsFrom * 1000).toISOString() };
    log.warn({ kid, alg, ...isAnnounced }, `made a new signing key in ${source.name}`);
  }
  if (made.length === 0 && config.keys !== IN_STORE && (await looksLost(store, ring.since))) {
    log.warn(`the store is empty, but the keys in ${source.name} are not new: was it lost? restore a backup`);
  }
  await selfTestSigners(ring);
  return { ring, made };
}

function recordAnnouncement(audit: Audit, { kid, alg }: StoredKey): void {
  audit.record({ type: 'key.announced', actor: SYSTEM, detail: { kid, alg } });
}

interface FollowedRing {
  answer: RequestListener;
  jobs: () => readonly JobKind[];
  watcher: KeyRingWatcher;
  decryption: DecryptionKeys | undefined;
}

/** Answers with the handler of the current key ring. A changed ring gets a new handler, for the requests that arrive from then on. */
async function followRing(
  { config, store, keys: { source }, clock, log }: Foundation,
  parts: HandlerParts,
  ring: KeyRing,
): Promise<FollowedRing> {
  let current = ring;
  const { audit, sealer } = parts;
  const onChange = () => (handler = createHandler(all, current));
  const decryption = await openDecryption({ config, store, sealer, clock, log, audit, onChange });
  const all = { ...parts, decryption };
  let handler = createHandler(all, ring);
  const watcher = watchKeyRing({
    source,
    settings: rotationSettings(config),
    clock,
    ring,
    onChange: (next) => {
      current = next;
      onChange();
      log.info(
        { kid: next.signer('RS256').kid, algorithms: next.algorithms, published: next.published.keys.length },
        'signing keys changed',
      );
    },
    onAnnounce: (key) => recordAnnouncement(audit, key),
    onError: (err) => log.error({ err }, 'the signing keys could not be read; those in use stay'),
  });
  return {
    answer: (request, response) => handler.answer(request, response),
    jobs: () => handler.jobs,
    watcher,
    decryption,
  };
}
