import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../errors.ts';
import type { RedisAddress } from '../connection/address.ts';
import { OPERATION_TIMEOUT_MS } from '../connection/failure.ts';
import { BINARY_REPLIES, type ScriptArgument, type ScriptName, SCRIPTS } from '../scripts.ts';

/** Writes that must survive a failover: each is acknowledged once replicas have confirmed it. */
export interface DurableWrites {
  /** Runs a script and waits for replicas. @throws errors of the client, or StoreUnavailableError */
  write(script: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown>;
  close(): Promise<void>;
}

/** For replicas to confirm a batch. */
const CONFIRMATION_TIMEOUT_MS = 500;

/** How long the number of connected replicas is cached. */
const REPLICA_COUNT_TTL_MS = 1000;

const MAX_BATCH = 256;

interface Write {
  script: ScriptName;
  keys: readonly string[];
  args: readonly ScriptArgument[];
  deadline: number;
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/**
 * Durable writes to one server, on a connection of their own, in batches that share one `WAIT`.
 *
 * `WAIT` covers the writes of its own connection and blocks that connection. Hence the pipeline, which no reconnection can split, and
 * the second connection, so that nothing else is blocked. One batch is in flight at a time. A queued write whose operation has timed
 * out is dropped, not written late.
 *
 * This folder owns how a write is confirmed by replicas, and in a cluster to which master it goes (`cluster-writes.ts`). It does not
 * own which writes are durable: callers choose (`Connection.write`), by the table of
 * the port (`../../port/artifact-kinds.ts`).
 */
export class ServerWrites implements DurableWrites {
  readonly #client: Redis;
  readonly #wait: RedisAddress['wait'];
  #queue: Write[] = [];
  #busy = false;
  #replicas = { count: 0, until: -Infinity };

  /** @param client connected, and used for nothing else */
  constructor(client: Redis, wait: RedisAddress['wait']) {
    this.#client = client;
    this.#wait = wait;
    client.on('close', () => (this.#replicas.until = -Infinity));
  }

  write(script: ScriptName, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + OPERATION_TIMEOUT_MS;
      this.#queue.push({ script, keys, args, deadline, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      setImmediate(() => void this.#flush());
    });
  }

  async close(): Promise<void> {
    await this.#client.quit().catch(() => this.#client.disconnect());
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, MAX_BATCH).filter(isInTime);
      if (batch.length === 0) continue;
      await this.#send(batch).catch((error: unknown) => {
        for (const write of batch) write.reject(error);
      });
    }
    this.#busy = false;
  }

  async #send(batch: readonly Write[]): Promise<void> {
    const required = await this.#requiredReplicas();
    const pipeline = this.#client.pipeline();
    // EVAL, not EVALSHA: a script that Redis does not know would be sent again, after the WAIT.
    for (const { script, keys, args } of batch) {
      const call = [SCRIPTS[script], keys.length, ...keys, ...args] as const;
      if (BINARY_REPLIES.has(script)) pipeline.callBuffer('EVAL', ...call);
      else pipeline.eval(...call);
    }
    if (required > 0) pipeline.wait(required, CONFIRMATION_TIMEOUT_MS);
    const results = (await pipeline.exec()) ?? [];
    const [waitError, confirmed] = required > 0 ? (results[batch.length] ?? []) : [null, 0];
    for (const [index, write] of batch.entries()) {
      const [error, reply] = results[index] ?? [new Error('no reply')];
      if (error ?? waitError) write.reject(error ?? waitError);
      else if (Number(confirmed) >= required) write.resolve(reply);
      else write.reject(unconfirmed(Number(confirmed), required));
    }
  }

  async #requiredReplicas(): Promise<number> {
    if (this.#wait !== 'connected') return this.#wait;
    if (this.#replicas.until < performance.now()) {
      const count = countReplicas(await this.#client.info('replication'));
      this.#replicas = { count, until: performance.now() + REPLICA_COUNT_TTL_MS };
    }
    return Math.min(this.#replicas.count, 1);
  }
}

/** Rejects a write whose operation has timed out; its caller already has an answer. */
function isInTime(write: Write): boolean {
  const inTime = write.deadline > performance.now();
  if (!inTime) write.reject(new StoreUnavailableError('the Redis store did not answer in time'));
  return inTime;
}

/** A replica that is silent for longer does not count: Redis's own `min-replicas-max-lag`. */
const MAX_LAG_SECONDS = 10;

/** Of the replication stream. In a shorter one, a replica with offset 0 is new, not loading. */
const SHORT_HISTORY_BYTES = 1_000_000;

/** Counts the replicas that confirm writes. One that is still loading its copy has offset 0. */
function countReplicas(info: string): number {
  const history = Number(/^master_repl_offset:(\d+)/m.exec(info)?.[1]);
  const replicas = info.matchAll(/^slave\d+:.*\bstate=online,offset=(\d+),lag=(\d+)/gm);
  return [...replicas].filter(([, offset, lag]) => {
    return (Number(offset) > 0 || history < SHORT_HISTORY_BYTES) && Number(lag) <= MAX_LAG_SECONDS;
  }).length;
}

function unconfirmed(confirmed: number, required: number): StoreUnavailableError {
  return new StoreUnavailableError(
    `the Redis store wrote, but ${confirmed} of ${required} replicas confirmed in time`,
  );
}
