import { StoreUnavailableError } from '../../errors.ts';
import type { Client } from './client.ts';
import type { DurableWrites } from '../durability/durable-writes.ts';
import { settleInTime, toStoreError } from './failure.ts';
import type { SentinelWatch } from './sentinel-watch.ts';
import type { ScriptArgument, ScriptName } from '../scripts.ts';

/** A Redis with the ways to use it. Everything that its client throws comes out as StoreUnavailableError. */
export class Connection {
  readonly #client: Client;
  readonly #durable: DurableWrites;
  readonly #watch: SentinelWatch | undefined;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @param client connected */
  constructor(client: Client, durable: DurableWrites, watch?: SentinelWatch) {
    this.#client = client;
    this.#durable = durable;
    this.#watch = watch;
  }

  /**
   * One operation of the port: settles in time, and before the store closes.
   * @throws StoreUnavailableError
   */
  operation<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(new StoreUnavailableError('the store is closed'));
    const running = settleInTime(work());
    this.#running.add(running);
    const forget = () => this.#running.delete(running);
    running.then(forget, forget);
    return running;
  }

  /** Commands that change nothing of importance. */
  async command<T>(send: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await send(this.#client);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** Runs a script. A failover may undo what it wrote. */
  run(script: ScriptName, keys: readonly string[], args: readonly ScriptArgument[] = []): Promise<unknown> {
    return this.command((client) => client[script](keys.length, ...keys, ...args));
  }

  /** Runs a script and waits for replicas, where there are any, to confirm what it wrote. */
  async runDurably(
    script: ScriptName,
    keys: readonly string[],
    args: readonly ScriptArgument[] = [],
  ): Promise<unknown> {
    try {
      return await this.#durable.write(script, keys, args);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** Waits for what was asked before; what comes later is refused. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running);
    this.#watch?.close();
    await Promise.all([quit(this.#client), this.#durable.close()]);
  }
}

async function quit(client: Client): Promise<void> {
  await client.quit().catch(() => client.disconnect());
}

type ScriptCommands = Record<
  ScriptName,
  (numberOfKeys: number, ...keysAndArguments: ScriptArgument[]) => Promise<unknown>
>;

declare module 'ioredis' {
  // The commands that `client.ts` defines from the scripts.
  interface Redis extends ScriptCommands {}
  interface Cluster extends ScriptCommands {}
}
