import { StoreOpenError } from '../../errors.ts';
import { describeAddress, type RedisAddress } from './address.ts';
import {
  type Client,
  createClusterClient,
  createNodeClient,
  createSentinelSubscribers,
  createServerClient,
  reconnect,
} from './client.ts';
import { ClusterWrites } from '../durability/cluster-writes.ts';
import { Connection } from './connection.ts';
import { ServerWrites } from '../durability/durable-writes.ts';
import { textOf } from './failure.ts';
import { SentinelWatch } from './sentinel-watch.ts';
import { checkServers } from './server-checks.ts';

/** For a server, the sentinels or a cluster at start. */
const START_TIMEOUT_MS = 3000;

/**
 * Connects to a Redis, checks it, and opens the second connection for durable writes.
 * @param production whether a Redis without an append-only file is rejected
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
    for (const connection of [client, second]) reconnect(connection);
  });
  return new Connection(client, writes, watch);
}

async function open(client: Client, address: RedisAddress): Promise<void> {
  let reason: unknown;
  const keepReason = (error: unknown) => (reason = error);
  client.on('error', keepReason);
  const timeout = setTimeout(() => client.disconnect(), START_TIMEOUT_MS);
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
  // In a cluster, the error of the node that was tried last.
  const last = reason instanceof Error && 'lastNodeError' in reason ? reason.lastNodeError : reason;
  const text = textOf(last);
  if (/WRONGPASS|NOAUTH|NOPERM|invalid password/i.test(text)) {
    return `${name} rejects the user or password (${text}): check them`;
  }
  if (address.kind === 'sentinel') {
    return `${name} has no master that answers: start the sentinels, or check their addresses and the name of the master`;
  }
  return `${name} does not answer (${text}): start it, or check the address`;
}
