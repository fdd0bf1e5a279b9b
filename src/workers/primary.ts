import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { createListener, IDLE_GRACE, type Listener, MANAGEMENT_SETTINGS } from '../app/listener.ts';
import { allWritten, createLogger, type Logger } from '../observability/log.ts';
import { createManagementServer } from '../observability/management.ts';
import { WorkerPool } from './worker-pool.ts';

/**
 * The process that starts the workers, holds the listening socket for them and answers on the management port. It holds no state and
 * serves nobody else, so that nothing can bring it down; it does not even read the configuration.
 */

export interface PrimaryOptions {
  workers: number;
  /** Milliseconds to go on serving after `/readyz` has begun to fail. */
  stopDelay: number;
}

/** Prometheus text format: https://prometheus.io/docs/instrumenting/exposition_formats */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export class Primary {
  readonly #options: PrimaryOptions;
  readonly #pool = new WorkerPool();
  #management: Listener | undefined;
  #log: Logger | undefined;
  #stopping = false;

  constructor(options: PrimaryOptions) {
    this.#options = options;
    process.title = 'signet: primary';
    // Workers take connections from a shared socket, so that none passes through here. With kept connections it is as fast as handing
    // them out in turn and as even; with a connection for each request, a quarter faster. One handed to a worker that dies would hang.
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
        metrics: { contentType: METRICS_TYPE, expose: () => this.#pool.metrics() },
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

  /** Replaces all workers, one at a time, by such that read the configuration and the program anew. */
  reload(): void {
    this.#log?.info('reloading: new workers take over one by one');
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
    await allWritten(this.#log);
  }
}
