import { type Cluster, Command, ReplyError } from 'ioredis';
import type { DurableWrites } from './durable-writes.ts';
import { movedTo, splitNode } from './cluster-redirect.ts';
import type { ScriptArgument, ScriptName } from '../scripts.ts';

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
    const node = this.#cluster.slots[slotOf(keys[0] ?? '')]?.[0];
    if (node === undefined) {
      this.#cluster.refreshSlotsCache();
      throw new Error('no node serves the slot');
    }
    try {
      return await (await this.#master(node)).write(script, keys, args);
    } catch (error) {
      const owner = movedTo(error, node);
      if (owner === undefined && error instanceof ReplyError) throw error;
      this.#cluster.refreshSlotsCache();
      if (owner === undefined) throw error;
      // The node that the answer names: others, whom the client may ask for its map, can hear of it later.
      return (await this.#master(owner)).write(script, keys, args);
    }
  }

  async close(): Promise<void> {
    const closed = [...this.#masters.values()].map(async (master) => (await master).close());
    await Promise.allSettled(closed);
  }

  /** @param node `host:port` */
  #master(node: string): Promise<DurableWrites> {
    let master = this.#masters.get(node);
    if (master === undefined) {
      this.#closeOthers();
      const [host, port] = splitNode(node);
      master = this.#connect(host, Number(port));
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
}

/** The hash slot of a key, as the client itself computes it. */
export function slotOf(key: string): number {
  return new Command('GET', [key]).getSlot();
}
