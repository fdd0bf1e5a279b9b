import { StoreUnavailableError } from '../../errors.ts';
import type { Durability } from '../../port/artifact-kinds.ts';
import { createCounts } from '../../port/counts.ts';
import type { Client } from './client.ts';
import type { DurableWrites } from '../durability/durable-writes.ts';
import { withTimeout, toStoreError } from './failure.ts';
import type { SentinelWatch } from './sentinel-watch.ts';
import { BINARY_REPLIES, type ScriptArgument, type ScriptName } from '../scripts.ts';

/**
 * An open Redis store as the rest of `redis/` uses it: operations with a time-out, commands, scripts, and durable scripts.
 *
 * The folder owns the address, the client and its reconnection, the checks at start and the translation of errors: every error of the
 * client becomes a StoreUnavailableError. It knows no key and no record. Which writes wait for replicas, and how, is the business of
 * `../durability/`.
 */
export class Connection {
  readonly #client: Client;
  readonly #durable: DurableWrites;
  readonly #watch: SentinelWatch | undefined;
  readonly #running = new Set<Promise<unknown>>();
  readonly counts = createCounts();
  readonly #roundTrip = oncePerTurn(() => (this.counts.roundTrips += 1));
  readonly #durableWait = oncePerTurn(() => (this.counts.durableWaits += 1));
  /** The last operation by the key of the record that it replaces. */
  readonly #replacing = new Map<string, Promise<void>>();
  #closing: Promise<void> | undefined;

  /** @param client connected */
  constructor(client: Client, durable: DurableWrites, watch?: SentinelWatch) {
    this.#client = client;
    this.#durable = durable;
    this.#watch = watch;
  }

  /**
   * Runs one operation of the port, within its time-out. `close` waits for it.
   * @throws StoreUnavailableError
   */
  operation<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(new StoreUnavailableError('the store is closed'));
    const running = withTimeout(work());
    this.#running.add(running);
    const remove = () => this.#running.delete(running);
    running.then(remove, remove);
    return running;
  }

  /**
   * An operation that reads a record and replaces it unless it has changed since. Those of this process for one record take turns: otherwise
   * all of them would repeat their work whenever one of them succeeds.
   * @param key of the record
   */
  replacement<T>(key: string, work: () => Promise<T>): Promise<T> {
    const previous = this.#replacing.get(key);
    const running = this.operation(previous === undefined ? work : () => previous.then(work));
    // Settles within the time-out, also when the work is still waiting for Redis.
    const settled = settle(running);
    this.#replacing.set(key, settled);
    void this.#forgetReplacement(key, settled);
    return running;
  }

  async #forgetReplacement(key: string, settled: Promise<void>): Promise<void> {
    await settled;
    if (this.#replacing.get(key) === settled) this.#replacing.delete(key);
  }

  /** Sends commands that read. */
  command<T>(send: (client: Client) => Promise<T>): Promise<T> {
    this.counts.reads += 1;
    return this.#send(send);
  }

  /** Sends commands that write. A failover may lose what they wrote. */
  send<T>(send: (client: Client) => Promise<T>): Promise<T> {
    this.counts.transactions += 1;
    return this.#send(send);
  }

  /** Sends commands that write and for which nothing waits; `close` does. Their failure is ignored. */
  sendInBackground(send: (client: Client) => Promise<unknown>): void {
    this.counts.transactions += 1;
    this.operation(() => send(this.#client)).catch(() => {});
  }

  async #send<T>(send: (client: Client) => Promise<T>): Promise<T> {
    this.#roundTrip.count();
    try {
      return await send(this.#client);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** Runs a script. A failover may lose what it wrote. */
  run(script: ScriptName, keys: readonly string[], args: readonly ScriptArgument[] = []): Promise<unknown> {
    const name = BINARY_REPLIES.has(script) ? (`${script}Buffer` as const) : script;
    return this.send((client) => client[name](keys.length, ...keys, ...args));
  }

  /** Runs a script and waits until replicas have confirmed what it wrote (`../durability/`). */
  async runDurably(
    script: ScriptName,
    keys: readonly string[],
    args: readonly ScriptArgument[] = [],
  ): Promise<unknown> {
    this.counts.transactions += 1;
    this.#roundTrip.count();
    this.#durableWait.count();
    try {
      return await this.#durable.write(script, keys, args);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  /** Runs a script as durably as the port says. */
  write(
    durability: Durability,
    script: ScriptName,
    keys: readonly string[],
    args: readonly ScriptArgument[] = [],
  ): Promise<unknown> {
    return durability === 'durable' ? this.runDurably(script, keys, args) : this.run(script, keys, args);
  }

  /** Waits for running operations; later ones are rejected. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running);
    this.#watch?.close();
    await Promise.all([quit(this.#client), this.#durable.close()]);
  }
}

/** Counts once for all calls in a turn of the event loop: what is sent together shares a round trip. */
function oncePerTurn(count: () => void): { count(): void } {
  let isCounted = false;
  const reset = () => (isCounted = false);
  return {
    count: () => {
      if (isCounted) return;
      isCounted = true;
      count();
      setImmediate(reset);
    },
  };
}

async function settle(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {});
}

async function quit(client: Client): Promise<void> {
  await client.quit().catch(() => client.disconnect());
}

type ScriptCommands = Record<
  ScriptName | `${ScriptName}Buffer`,
  (numberOfKeys: number, ...keysAndArguments: ScriptArgument[]) => Promise<unknown>
>;

declare module 'ioredis' {
  // `client.ts` defines a command for each script.
  interface Redis extends ScriptCommands {}
  interface Cluster extends ScriptCommands {}
}
