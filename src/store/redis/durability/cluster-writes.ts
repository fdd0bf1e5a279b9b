import { type Cluster, Command, ReplyError } from 'ioredis';
import type { DurableWrites } from './durable-writes.ts';
import { redirectTarget, splitNode } from './cluster-redirect.ts';
import type { ScriptArgument, ScriptName } from '../scripts.ts';

/** Durable writes to a cluster: each goes to the master of its slot, by the client's slot map. */
export class ClusterWrites implements DurableWrites {
  readonly #cluster: Cluster;
  readonly #connect: (host: string, port: number) => Promise<DurableWrites>;
  /** By `host:port`. */
  readonly #masters = new Map<string, Promise<DurableWrites>>();

  /** @param connect opens the durable writes of one node */
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
      const owner = redirectTarget(error, node);
      if (owner === undefined && error instanceof ReplyError) throw error;
      this.#cluster.refreshSlotsCache();
      if (owner === undefined) throw error;
      // Go to the node of the redirection: the nodes that refresh the slot map may learn of the move later.
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
      this.#closeUnused();
      const [host, port] = splitNode(node);
      master = this.#connect(host, Number(port));
      this.#masters.set(node, master);
      master.catch(() => this.#masters.delete(node));
    }
    return master;
  }

  /** Closes connections to nodes that serve no slot any more. */
  #closeUnused(): void {
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
