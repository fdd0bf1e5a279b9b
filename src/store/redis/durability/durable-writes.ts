import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../errors.ts';
import type { RedisAddress } from '../connection/address.ts';
import { PATIENCE } from '../connection/failure.ts';
import { type ScriptArgument, type ScriptName, SCRIPTS } from '../scripts.ts';

/** Writes that must survive a failover: each is answered when a replica has confirmed it. */
export interface DurableWrites {
  /** Runs a script and waits for replicas. @throws whatever the client throws, or StoreUnavailableError */
  write(script: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Milliseconds that replicas get to confirm. */
const CONFIRMATION = 500;

/** Milliseconds for which the number of replicas is believed. */
const REPLICAS_KNOWN = 1000;

const LARGEST_BATCH = 256;

interface Write {
  script: ScriptName;
  keys: readonly string[];
  args: readonly ScriptArgument[];
  deadline: number;
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/**
 * One server's writes, on a connection of their own, in batches that share one `WAIT`.
 *
 * `WAIT` speaks for the writes of its own connection and blocks that connection: hence the pipeline, which no reconnection can split,
 * and the second connection, so that nobody else waits. There is one batch under way at a time; what is still queued when its
 * operation has been given up is dropped, not written late.
 */
export class ServerWrites implements DurableWrites {
  readonly #client: Redis;
  readonly #wait: RedisAddress['wait'];
  #waiting: Write[] = [];
  #busy = false;
  #connected = { replicas: 0, until: -Infinity };

  /** @param client connected, and used by nobody else */
  constructor(client: Redis, wait: RedisAddress['wait']) {
    this.#client = client;
    this.#wait = wait;
    client.on('close', () => (this.#connected.until = -Infinity));
  }

  write(script: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + PATIENCE;
      this.#waiting.push({ script, keys, args, deadline, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(() => void this.#flush());
    });
  }

  async close(): Promise<void> {
    await this.#client.quit().catch(() => this.#client.disconnect());
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, LARGEST_BATCH).filter(isInTime);
      if (batch.length === 0) continue;
      await this.#send(batch).catch((error: unknown) => {
        for (const write of batch) write.reject(error);
      });
    }
    this.#busy = false;
  }

  async #send(batch: readonly Write[]): Promise<void> {
    const wanted = await this.#wanted();
    const pipeline = this.#client.pipeline();
    // EVAL, not EVALSHA: a script that has to be sent again would run after the WAIT.
    for (const { script, keys, args } of batch) pipeline.eval(SCRIPTS[script], keys.length, ...keys, ...args);
    if (wanted > 0) pipeline.wait(wanted, CONFIRMATION);
    const results = (await pipeline.exec()) ?? [];
    const [unheard, confirmed] = wanted > 0 ? (results[batch.length] ?? []) : [null, 0];
    for (const [index, write] of batch.entries()) {
      const [error, reply] = results[index] ?? [new Error('no reply')];
      if (error ?? unheard) write.reject(error ?? unheard);
      else if (Number(confirmed) >= wanted) write.resolve(reply);
      else write.reject(unconfirmed(Number(confirmed), wanted));
    }
  }

  async #wanted(): Promise<number> {
    if (this.#wait !== 'connected') return this.#wait;
    if (this.#connected.until < performance.now()) {
      const replicas = countReplicas(await this.#client.info('replication'));
      this.#connected = { replicas, until: performance.now() + REPLICAS_KNOWN };
    }
    return Math.min(this.#connected.replicas, 1);
  }
}

/** A write whose operation was given up is dropped; its caller has had an answer. */
function isInTime(write: Write): boolean {
  const inTime = write.deadline > performance.now();
  if (!inTime) write.reject(new StoreUnavailableError('the Redis store did not answer in time'));
  return inTime;
}

/** Seconds of silence after which a replica counts no more: Redis's own `min-replicas-max-lag`. */
const LONGEST_LAG = 10;

/** Bytes of replication stream: where there has been less, a replica that has confirmed none of it is merely new. */
const SHORT_HISTORY = 1_000_000;

/** Replicas that confirm writes. One that is still loading its copy has confirmed nothing: its offset is 0. */
function countReplicas(info: string): number {
  const history = Number(/^master_repl_offset:(\d+)/m.exec(info)?.[1]);
  const replicas = info.matchAll(/^slave\d+:.*\bstate=online,offset=(\d+),lag=(\d+)/gm);
  return [...replicas].filter(([, offset, lag]) => {
    return (Number(offset) > 0 || history < SHORT_HISTORY) && Number(lag) <= LONGEST_LAG;
  }).length;
}

function unconfirmed(confirmed: number, wanted: number): StoreUnavailableError {
  return new StoreUnavailableError(
    `the Redis store wrote, but ${confirmed} of ${wanted} replicas confirmed in time`,
  );
}
