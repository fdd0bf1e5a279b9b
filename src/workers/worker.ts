import cluster from 'node:cluster';
import type { RunningServer } from '../app/server.ts';
import {
  NUMBER_VARIABLE,
  type ServingSettings,
  type ToPrimary,
  type ToWorker,
  type WorkerMethod,
} from './protocol.ts';

/** The worker's side of the protocol: it sends heartbeats, answers calls, drains on request and asks for its own replacement. */

/** When a worker asks for its replacement. The limits are spread, so that workers of the same age do not all ask at once. */
export interface WorkerLimits {
  /** Requests taken. */
  maxRequests?: number | undefined;
  /** Resident memory in MiB. */
  maxMemory?: number | undefined;
}

/** Between two heartbeats, and two checks of the limits. */
const HEARTBEAT_MS = 1000;

/** Before a worker that was not replaced asks again. */
const REPLACE_RETRY_MS = 30_000;

/** Limits are raised by up to this share, at random. */
const SPREAD = 0.2;

/** The number of this worker; undefined in any other process. */
export function workerNumber(): number | undefined {
  const number = process.env[NUMBER_VARIABLE];
  return cluster.isWorker && number !== undefined ? Number(number) : undefined;
}

/**
 * Starts a server as a worker. It ignores signals to the process group (Ctrl-C, a closed terminal): the primary handles them and tells
 * the workers.
 * @throws what `start` throws
 */
export async function becomeWorker(number: number, start: () => Promise<void>): Promise<void> {
  process.title = title(number);
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTTIN', 'SIGTTOU'] as const) process.on(signal, () => {});
  // The launcher unrefs the channel, but the listening socket comes from the primary through it.
  process.channel?.ref();
  try {
    await start();
  } finally {
    process.channel?.unref();
  }
}

/** Connects a running server with the primary. */
export function serveForPrimary(
  number: number,
  server: RunningServer,
  settings: ServingSettings,
  limits: WorkerLimits,
): void {
  const requestReplacement = throttledReplacement();
  watchLimits(server, limits, requestReplacement);
  process.on('SIGTERM', () => requestReplacement('SIGTERM'));

  const methods: Record<WorkerMethod, () => Promise<string>> = {
    ready: () => server.ready().then(() => 'ready'),
    alive: () => server.alive().then(() => 'alive'),
    metrics: () => server.metrics.expose(),
  };
  const drain = async (grace: number): Promise<void> => {
    process.title = `${title(number)}, draining`;
    await server.close({ grace });
    process.exit(0);
  };
  process.on('message', (message: ToWorker) => {
    if (message.type === 'drain') {
      drain(message.grace).catch(() => process.exit(1));
      return;
    }
    const { id, method } = message;
    methods[method]().then(
      (text) => send({ type: 'result', id, text }),
      (error: Error) => send({ type: 'failure', id, message: error.message }),
    );
  });
  send({ type: 'serving', settings });
}

/** @returns asks the primary for a replacement, at most once in `REPLACE_RETRY_MS` */
function throttledReplacement(): (reason: string) => void {
  let requestedAt = -Infinity;
  return (reason) => {
    if (performance.now() - requestedAt < REPLACE_RETRY_MS) return;
    requestedAt = performance.now();
    send({ type: 'replace', reason });
  };
}

/** Sends heartbeats, and asks for a replacement when the server is not alive or a limit is exceeded. */
function watchLimits(
  server: RunningServer,
  { maxRequests = Infinity, maxMemory = Infinity }: WorkerLimits,
  requestReplacement: (reason: string) => void,
): void {
  const requestLimit = spread(maxRequests);
  const memoryLimit = spread(maxMemory * 2 ** 20);
  setInterval(() => {
    send({ type: 'heartbeat' });
    server.alive().catch((error: Error) => requestReplacement(error.message));
    const memory = process.memoryUsage.rss();
    if (server.requests >= requestLimit) requestReplacement(`${server.requests} requests`);
    else if (memory >= memoryLimit) requestReplacement(`${Math.round(memory / 2 ** 20)} MiB of memory`);
  }, HEARTBEAT_MS).unref();
}

function title(number: number): string {
  return `signet: worker ${number}`;
}

function spread(limit: number): number {
  return limit * (1 + Math.random() * SPREAD);
}

/** The callback receives the error for a primary that has exited; this process exits too then. */
function send(message: ToPrimary): void {
  process.send?.(message, undefined, undefined, () => {});
}
