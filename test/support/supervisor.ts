import { setTimeout as sleep } from 'node:timers/promises';
import { WorkerProcesses } from './worker-processes.ts';

/** Between the end of a process and the next start. */
const RESTART_DELAY_MS = 100;

/** Restarts a server whenever it ends, like systemd with `Restart=always`. */
export class Supervisor {
  readonly #start: () => Promise<WorkerProcesses>;
  readonly #issuer: string;
  #current: WorkerProcesses;
  #restarting: Promise<void> = Promise.resolve();
  #stopping = false;

  /** @returns when all workers serve */
  static async start(
    directory: string,
    args: readonly string[],
    env: Record<string, string> & { SIGNET_ISSUER: string },
  ): Promise<Supervisor> {
    const start = (): Promise<WorkerProcesses> => WorkerProcesses.start(directory, args, env);
    return new Supervisor(start, env.SIGNET_ISSUER, await start());
  }

  private constructor(start: () => Promise<WorkerProcesses>, issuer: string, first: WorkerProcesses) {
    this.#start = start;
    this.#issuer = issuer;
    this.#current = first;
    void this.#watch(first);
  }

  /** The current processes. */
  get processes(): WorkerProcesses {
    return this.#current;
  }

  /** Kills the primary. @returns milliseconds until a request was answered again; all workers serve then */
  async killPrimary(): Promise<number> {
    const killed = performance.now();
    await this.#current.end('SIGKILL');
    let answered: number | undefined;
    const asking = (async () => {
      while (answered === undefined) {
        const { ok } = await fetch(`${this.#issuer}/jwks`).catch(() => ({ ok: false }));
        if (ok) answered = performance.now();
        else await sleep(10);
      }
    })();
    await this.#restarting;
    await asking;
    return Math.round((answered ?? Number.NaN) - killed);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#restarting;
    await this.#current.end();
  }

  async #watch(processes: WorkerProcesses): Promise<void> {
    await processes.ended;
    if (!this.#stopping) this.#restarting = this.#restart();
  }

  async #restart(): Promise<void> {
    for (;;) {
      await sleep(RESTART_DELAY_MS);
      try {
        this.#current = await this.#start();
        void this.#watch(this.#current);
        return;
      } catch (error) {
        // A worker of the previous process may still hold the port.
        if (!String(error).includes('another program is listening')) throw error;
      }
    }
  }
}
