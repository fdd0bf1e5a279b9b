import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { workerNumber } from '../workers/worker.ts';
import { stopOnSignal } from './signals.ts';

/**
 * `signet serve`: the authorization server for production. With `--workers`, the primary and each worker run this command; each loads only
 * its own modules.
 */

interface ServeOptions {
  workers?: number;
  maxRequests?: number;
  maxMemory?: number;
  /** Seconds. */
  stopDelay: number;
}

/** MiB. An idle worker uses half of it. */
const MIN_WORKER_MEMORY = 256;

export function register(program: Command): void {
  program
    .command('serve')
    .summary('run the authorization server')
    .description(
      'Runs the authorization server until SIGTERM or SIGINT, then finishes the requests under way.\n' +
        'The configuration is signet.yaml (or --config) and SIGNET_* variables; see `signet config schema`.',
    )
    .option('--workers <count>', 'number of processes that serve; auto: one for each core', parseWorkers)
    .option('--max-requests <count>', 'replace a worker after this number of requests', parseCount)
    .option('--max-memory <MiB>', 'replace a worker that uses more memory', parseMemory)
    .option(
      '--stop-delay <seconds>',
      'after SIGTERM, still serve for this time while /readyz fails, for load balancers that poll it',
      parseDelay,
      0,
    )
    .addHelpText(
      'after',
      `
Signals with --workers:
  SIGHUP            replace all workers, one at a time; they read the configuration again
  SIGTTIN, SIGTTOU  add a worker, remove a worker`,
    )
    .action(async (options: ServeOptions, command: Command) => {
      const { workers, maxRequests, maxMemory, stopDelay } = options;
      if (workers === undefined) {
        if (maxRequests !== undefined || maxMemory !== undefined) {
          command.error('error: --max-requests and --max-memory are for --workers');
        }
        const { serveAlone } = await import('./serving.ts');
        await serveAlone(command, stopDelay * 1000);
        return;
      }
      const number = workerNumber();
      if (number === undefined) await supervise(workers, stopDelay * 1000);
      else {
        const { serveAsWorker } = await import('./serving.ts');
        await serveAsWorker(command, number, { maxRequests, maxMemory });
      }
    });
}

async function supervise(workers: number, stopDelay: number): Promise<void> {
  const { Primary } = await import('../workers/primary.ts');
  const { WorkerStartError } = await import('../workers/worker-process.ts');
  const primary = new Primary({ workers, stopDelay });
  let stopping = false;
  stopOnSignal((patient) => {
    stopping = true;
    return primary.stop(patient);
  });
  process.on('SIGHUP', () => primary.reload());
  process.on('SIGTTIN', () => primary.addWorker());
  process.on('SIGTTOU', () => primary.removeWorker());
  try {
    await primary.start();
  } catch (error) {
    if (stopping) return;
    // A worker with an exit code has logged the reason itself.
    if (!(error instanceof WorkerStartError) || !error.code) throw error;
    process.exitCode = error.code;
  }
}

function parseWorkers(text: string): number {
  if (text === 'auto') return availableParallelism();
  if (!/^[1-9]\d{0,2}$/.test(text))
    throw new InvalidArgumentError('Expected a number from 1 to 999, or auto.');
  return Number(text);
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,11}$/.test(text)) throw new InvalidArgumentError('Expected a number.');
  return Number(text);
}

function parseMemory(text: string): number {
  if (!/^\d{1,7}$/.test(text) || Number(text) < MIN_WORKER_MEMORY) {
    throw new InvalidArgumentError(`Expected ${MIN_WORKER_MEMORY} or more.`);
  }
  return Number(text);
}

function parseDelay(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('Expected seconds, 0 to 999.');
  return Number(text);
}
