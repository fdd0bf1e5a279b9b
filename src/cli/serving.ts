import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { ConfigurationError } from '../config/errors.ts';
import { IDLE_GRACE } from '../app/listener.ts';
import { createLogger, flushLog, type Logger } from '../observability/log.ts';
import { loadCheckedConfig } from '../app/preflight.ts';
import { type RunningServer, startServer } from '../app/server.ts';
import { limitYoungGeneration } from '../app/young-generation.ts';
import { becomeWorker, serveForPrimary, type WorkerLimits } from '../workers/worker.ts';
import { configSources } from './context.ts';
import { stopOnSignal } from './signals.ts';
import { warnAboutSettings } from './start-warnings.ts';

/** `signet serve` in a process that serves: the only one, or one of several workers. */

/** @param stopDelay milliseconds in which it still serves after `/readyz` has begun to fail */
export async function serveAlone(command: Command, stopDelay: number): Promise<void> {
  limitYoungGeneration(process);
  const config = await loadCheckedConfig(configSources(command));
  const log = await createLogger(config.log);
  warnAboutSettings(log, config);
  const server = await startServer(config, { log });
  reportClients(log, server, 'info');
  log.info(
    {
      issuer: config.issuer,
      mode: config.mode,
      host: config.host,
      port: server.port,
      managementPort: server.managementPort,
    },
    'signet is serving',
  );
  stopOnSignal(async (patient) => {
    log.info('stopping: finishing the requests under way');
    await server.close(patient ? { delay: stopDelay, grace: IDLE_GRACE } : {});
    log.info('stopped');
    await flushLog(log);
  });
}

export async function serveAsWorker(command: Command, number: number, limits: WorkerLimits): Promise<void> {
  limitYoungGeneration(process);
  await becomeWorker(number, async () => {
    const config = await loadCheckedConfig(configSources(command));
    requireSharedStore(config);
    const log = (await createLogger(config.log)).child({ worker: number });
    // All workers read the same file: one warning is enough.
    if (number === 1) warnAboutSettings(log, config);
    const server = await startServer(config, { log, worker: number });
    // All workers read the same file. Only the first finds changes.
    const { unchanged: _unchanged, ...differences } = server.clients;
    const isChanged = Object.values(differences).some((ids) => ids.length > 0);
    reportClients(log, server, isChanged ? 'info' : 'debug');
    const { issuer, mode, host, management } = config;
    const settings = { issuer, mode, host, port: server.port, management, log: config.log };
    serveForPrimary(number, server, settings, limits);
  });
}

/** @throws ConfigurationError */
function requireSharedStore({ store }: Config): void {
  if (store !== 'sqlite::memory:') return;
  throw new ConfigurationError([
    `store: ${store} is private to one process; name a file, or leave out --workers`,
  ]);
}

function reportClients(log: Logger, { clients }: RunningServer, level: 'info' | 'debug'): void {
  const { unchanged, adopted, released, ...always } = clients;
  const transfers = Object.entries({ adopted, released }).filter(([, ids]) => ids.length > 0);
  const reported = { ...always, ...Object.fromEntries(transfers) };
  const counts = Object.entries({ ...reported, unchanged }).map(
    ([outcome, ids]) => `${ids.length} ${outcome}`,
  );
  log[level](reported, `declared clients: ${counts.join(', ')}`);
}
