import cluster from 'node:cluster';
import type { RunningServer } from '../app/server.ts';
import {
  NUMBER_VARIABLE,
  type Question,
  type ServingSettings,
  type ToPrimary,
  type ToWorker,
} from './protocol.ts';

/** The side of the worker: a server like any other that does what its primary says, and says when it wants to be replaced. */

/** When a worker asks to be replaced. The limits are spread, so that workers of the same age do not all ask at once. */
export interface WorkerLimits {
  /** Requests taken. */
  maxRequests?: number | undefined;
  /** Resident memory in MiB. */
  maxMemory?: number | undefined;
}

/** Milliseconds between two looks at the limits, and two signs of life. */
const INTERVAL = 1000;

/** Milliseconds before a worker that was not replaced asks again. */
const ASK_AGAIN = 30_000;

/** Limits are raised by up to this share, at random. */
const SPREAD = 0.2;

/** Its number when this process is a worker. */
export function workerNumber(): number | undefined {
  const number = process.env[NUMBER_VARIABLE];
  return cluster.isWorker && number !== undefined ? Number(number) : undefined;
}

/**
 * Starts a server as a worker. Signals to the process group (Ctrl-C, a closed terminal) are for the
 * primary, which tells the workers.
 * @throws what `start` throws
 */
export async function becomeWorker(number: number, start: () => Promise<void>): Promise<void> {
  process.title = title(number);
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTTIN', 'SIGTTOU'] as const) process.on(signal, () => {});
  // The launcher lets go of the channel, but asking the primary for the listening socket waits for an answer from it.
  process.channel?.ref();
  try {
    await start();
  } finally {
    process.channel?.unref();
  }
}

/** Puts a running server under the orders of the primary. */
export function serveForPrimary(
  number: number,
  server: RunningServer,
  settings: ServingSettings,
  { maxRequests = Infinity, maxMemory = Infinity }: WorkerLimits,
): void {
  const requestLimit = spread(maxRequests);
  const memoryLimit = spread(maxMemory * 2 ** 20);
  let askedAt = -Infinity;

  const askForReplacement = (reason: string): void => {
    if (performance.now() - askedAt < ASK_AGAIN) return;
    askedAt = performance.now();
    tell({ type: 'replace', reason });
  };
  setInterval(() => {
    tell({ type: 'alive' });
    server.alive().catch((error: Error) => askForReplacement(error.message));
    const memory = process.memoryUsage.rss();
    if (server.requests >= requestLimit) askForReplacement(`${server.requests} requests`);
    else if (memory >= memoryLimit) askForReplacement(`${Math.round(memory / 2 ** 20)} MiB of memory`);
  }, INTERVAL).unref();
  process.on('SIGTERM', () => askForReplacement('SIGTERM'));

  const answers: Record<Question, () => Promise<string>> = {
    ready: () => server.ready().then(() => 'ready'),
    alive: () => server.alive().then(() => 'alive'),
    metrics: () => server.metrics.expose(),
  };
  const leave = async (grace: number): Promise<void> => {
    process.title = `${title(number)}, draining`;
    await server.close({ grace });
    process.exit(0);
  };
  process.on('message', (message: ToWorker) => {
    if (message.type === 'drain') {
      leave(message.grace).catch(() => process.exit(1));
      return;
    }
    const { id, question } = message;
    answers[question]().then(
      (text) => tell({ type: 'answer', id, text }),
      (error: Error) => tell({ type: 'refusal', id, text: error.message }),
    );
  });
  tell({ type: 'serving', settings });
}

function title(number: number): string {
  return `signet: worker ${number}`;
}

function spread(limit: number): number {
  return limit * (1 + Math.random() * SPREAD);
}

/** The callback takes the error of a primary that is gone; this process is about to end too then. */
function tell(message: ToPrimary): void {
  process.send?.(message, undefined, undefined, () => {});
}
