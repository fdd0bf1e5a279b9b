import { type Cluster, ReplyError } from 'ioredis';
import type { DurableWrites } from './durable-writes.ts';
import { isMoved } from './failure.ts';
import type { ScriptArgument, ScriptName } from './scripts.ts';
import { slotOf } from './slot.ts';

/** Durable writes of a cluster: each goes to the master of its slot, by the client's own map of the cluster. */
export class ClusterWrites implements DurableWrites {
  readonly #cluster: Cluster;
  readonly #connect: (host: string, port: number) => Promise<DurableWrites>;
  /** By `host:port`. */
  readonly #masters = new Map<string, Promise<DurableWrites>>();

  /** @param connect to one of the nodes */
  constructor(cluster: Cluster, connect: (host: string, port: number) => Promise<DurableWrites>) {
    this.#cluster = cluster;
    this.#connect = connect;
  }

  async write(
    script: ScriptName,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<unknown> {
    const slot = slotOf(keys[0] ?? '');
    try {
      return await (await this.#master(slot)).write(script, keys, args);
    } catch (error) {
      if (!isMoved(error)) {
        if (!(error instanceof ReplyError)) void this.#learn();
        throw error;
      }
      await this.#learn();
    }
    return (await this.#master(slot)).write(script, keys, args);
  }

  async close(): Promise<void> {
    const closed = [...this.#masters.values()].map(async (master) => (await master).close());
    await Promise.allSettled(closed);
  }

  #master(slot: number): Promise<DurableWrites> {
    const node = this.#cluster.slots[slot]?.[0];
    if (node === undefined) return Promise.reject(new Error('no node serves the slot'));
    let master = this.#masters.get(node);
    if (master === undefined) {
      this.#closeOthers();
      const colon = node.lastIndexOf(':');
      master = this.#connect(node.slice(0, colon), Number(node.slice(colon + 1)));
      this.#masters.set(node, master);
      master.catch(() => this.#masters.delete(node));
    }
    return master;
  }

  /** Connections to nodes that serve nothing any more. */
  #closeOthers(): void {
    const serving = new Set(this.#cluster.slots.map((nodes) => nodes[0]));
    for (const [node, master] of this.#masters) {
      if (serving.has(node)) continue;
      this.#masters.delete(node);
      master.then((writes) => writes.close()).catch(() => {});
    }
  }

  /** Asks the cluster who serves what now. */
  async #learn(): Promise<void> {
    await new Promise<void>((resolve) => this.#cluster.refreshSlotsCache(() => resolve()));
  }
}
