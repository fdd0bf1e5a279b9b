import { StoreOpenError } from '../../errors.ts';
import { describeAddress, type RedisAddress } from './address.ts';
import {
  type Client,
  createClusterClient,
  createNodeClient,
  createSentinelSubscribers,
  createServerClient,
} from './client.ts';
import { ClusterWrites } from '../durability/cluster-writes.ts';
import { Connection } from './connection.ts';
import { ServerWrites } from '../durability/durable-writes.ts';
import { textOf } from './failure.ts';
import { SentinelWatch } from './sentinel-watch.ts';
import { checkServers } from './server-checks.ts';

/** Milliseconds that a server, a sentinel or a cluster gets to answer at the start. */
const PATIENCE_AT_START = 3000;

/**
 * @param production whether a Redis without AOF is refused
 * @throws StoreOpenError
 */
export async function connect(address: RedisAddress, production: boolean): Promise<Connection> {
  if (address.kind === 'cluster') {
    const cluster = createClusterClient(address);
    await open(cluster, address);
    await orDisconnect([cluster], checkServers(cluster.nodes('master'), address, production));
    const connectNode = async (host: string, port: number) => {
      const node = createNodeClient(address, { host, port });
      await orDisconnect([node], node.connect());
      return new ServerWrites(node, address.wait);
    };
    return new Connection(cluster, new ClusterWrites(cluster, connectNode));
  }
  const [client, second] = [createServerClient(address), createServerClient(address)];
  const opened = Promise.all([open(client, address), open(second, address)]);
  await orDisconnect(
    [client, second],
    opened.then(() => checkServers([client], address, production)),
  );
  const writes = new ServerWrites(second, address.wait);
  if (address.masterName === undefined) return new Connection(client, writes);
  const watch = new SentinelWatch(createSentinelSubscribers(address), address.masterName, () => {
    for (const connection of [client, second]) connection.disconnect(true);
  });
  return new Connection(client, writes, watch);
}

async function open(client: Client, address: RedisAddress): Promise<void> {
  let reason: unknown;
  const keepReason = (error: unknown) => (reason = error);
  client.on('error', keepReason);
  const timeout = setTimeout(() => client.disconnect(), PATIENCE_AT_START);
  try {
    await client.connect();
  } catch (error) {
    client.disconnect();
    throw new StoreOpenError(explain(reason ?? error, address));
  } finally {
    clearTimeout(timeout);
    client.off('error', keepReason);
  }
}

async function orDisconnect(clients: readonly Client[], work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    for (const client of clients) client.disconnect();
    throw error;
  }
}

function explain(reason: unknown, address: RedisAddress): string {
  const name = `the store ${describeAddress(address)}`;
  // Of a cluster, what the node that was asked last said.
  const said = reason instanceof Error && 'lastNodeError' in reason ? reason.lastNodeError : reason;
  const text = textOf(said);
  if (/WRONGPASS|NOAUTH|NOPERM|invalid password/i.test(text)) {
    return `${name} refuses the user or password (${text}): check them`;
  }
  if (address.kind === 'sentinel') {
    return `${name} has no master that answers: start the sentinels, or check their addresses and the name of the master`;
  }
  return `${name} does not answer (${text}): start it, or check the address`;
}
