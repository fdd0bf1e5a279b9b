import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { createListener, IDLE_GRACE, type Listener, MANAGEMENT_SETTINGS } from '../app/listener.ts';
import { createLogger, flushLog, type Logger } from '../observability/log.ts';
import { createManagementServer } from '../observability/management.ts';
import { METRICS_CONTENT_TYPE } from '../observability/metrics.ts';
import { WorkerPool } from './worker-pool.ts';

/**
 * The primary process of `signet serve --workers`.
 *
 * Owns the listening socket, which the workers accept from, the management port and the pool (`worker-pool.ts`). Does not own a store, a
 * key or the configuration, and answers no request of the public port, so that few faults can end it. `cli/serve.ts` passes signals to it;
 * the workers are servers like any other (`worker.ts`).
 */

export interface PrimaryOptions {
  workers: number;
  /** Milliseconds in which it still serves after `/readyz` has begun to fail. */
  stopDelay: number;
}

export class Primary {
  readonly #options: PrimaryOptions;
  readonly #pool = new WorkerPool();
  #management: Listener | undefined;
  #log: Logger | undefined;
  #stopping = false;

  constructor(options: PrimaryOptions) {
    this.#options = options;
    process.title = 'signet: primary';
    // The workers accept from a shared socket. With kept connections that is as fast and as even as round robin, with a connection for
    // each request a quarter faster. Under round robin, a connection handed to a worker that dies would hang.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
  }

  /**
   * @returns when all workers serve
   * @throws WorkerStartError or ListenError; nothing is left running then
   */
  async start(): Promise<void> {
    const { issuer, mode, host, port, management, log: logSettings } = await this.#pool.start();
    this.#log = await createLogger(logSettings);
    this.#management = createListener(
      createManagementServer({
        ready: async () => {
          if (this.#stopping) throw new Error('shutting down');
          await this.#pool.ready();
        },
        alive: () => this.#pool.alive(),
        host: management.host,
        hosts: management.hosts,
        metrics: { contentType: METRICS_CONTENT_TYPE, expose: () => this.#pool.metrics() },
      }),
    );
    try {
      const managementPort = await this.#management.listen(
        management.host,
        management.port,
        MANAGEMENT_SETTINGS,
      );
      await this.#pool.fill(this.#options.workers, this.#log);
      const { workers } = this.#options;
      if (this.#stopping) return;
      this.#log.info({ issuer, mode, host, port, managementPort, workers }, 'signet is serving');
    } catch (error) {
      await this.#pool.stop(0);
      throw error;
    }
  }

  /** Replaces all workers, one at a time. The new ones read the configuration and the program again. */
  reload(): void {
    this.#log?.info('reloading: new workers replace the old ones one by one');
    this.#pool.reload();
  }

  addWorker(): void {
    this.#pool.add();
  }

  removeWorker(): void {
    this.#pool.remove();
  }

  /** @param patient whether to wait for `stopDelay` and for idle connections */
  async stop(patient: boolean): Promise<void> {
    this.#stopping = true;
    this.#log?.info('stopping: finishing the requests under way');
    const isServing = this.#log !== undefined;
    if (patient && isServing) await sleep(this.#options.stopDelay);
    await this.#pool.stop(patient ? IDLE_GRACE : 0);
    await this.#management?.drain();
    if (this.#log === undefined) return;
    this.#log.info('stopped');
    await flushLog(this.#log);
  }
}
