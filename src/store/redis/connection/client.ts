import { Cluster, Redis } from 'ioredis';
import type { RedisAddress, RedisNode } from './address.ts';
import { SCRIPTS } from '../scripts.ts';

/**
 * Settings of the Redis client. While Redis is unreachable, commands fail at once; reconnection takes less than a second; no command is
 * sent twice.
 *
 * The client's defaults would queue commands without a limit while there is no connection, and resend those whose reply was lost: a
 * client that redeemed a code would be told that the code had been redeemed before.
 */

export type Client = Redis | Cluster;

/** Shown by CLIENT LIST. */
const CONNECTION_NAME = 'signet';

/** A connection on which a reply is outstanding for longer is closed. */
const REPLY_TIMEOUT_MS = 800;
const CONNECT_TIMEOUT_MS = 700;
const BACKOFF_STEP_MS = 50;
const MAX_BACKOFF_MS = 300;
/** Between two attempts while the server is loading its data. */
const MAX_LOADING_RETRY_MS = 100;

/** @param attempts since the connection was lost, from 1; returns milliseconds */
const backoff = (attempts: number): number => Math.min(attempts * BACKOFF_STEP_MS, MAX_BACKOFF_MS);

/** A client of a single server, or of the master that the sentinels name. No client of this file is connected yet. */
export function createServerClient(address: RedisAddress): Redis {
  if (address.kind === 'sentinel') return createSentinelClient(address);
  const [node] = address.nodes;
  if (node === undefined) throw new TypeError('an address names at least one server');
  return createNodeClient(address, node);
}

/** A client of one server, alone or in a cluster. */
export function createNodeClient(address: RedisAddress, { host, port }: RedisNode): Redis {
  return ignoreErrors(
    new Redis({ ...commonOptions(address), ...reconnectOptions(), host, port, db: address.db }),
  );
}

function createSentinelClient(address: RedisAddress): Redis {
  const { nodes, masterName = '', tls, sentinel, db } = address;
  const client = new Redis({
    ...commonOptions(address),
    ...reconnectOptions(),
    db,
    sentinels: nodes,
    name: masterName,
    sentinelRetryStrategy: backoff,
    sentinelCommandTimeout: REPLY_TIMEOUT_MS,
    ...(sentinel.username !== undefined && { sentinelUsername: sentinel.username }),
    ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password }),
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  });
  return ignoreErrors(client);
}

/** A client of each sentinel, for a subscription that reconnects for ever. */
export function createSentinelSubscribers({ nodes, tls, sentinel }: RedisAddress): Redis[] {
  return nodes.map((node) =>
    ignoreErrors(
      new Redis({
        ...node,
        ...sentinel,
        ...(tls && { tls: {} }),
        connectionName: CONNECTION_NAME,
        connectTimeout: CONNECT_TIMEOUT_MS,
        maxRetriesPerRequest: null,
        retryStrategy: backoff,
      }),
    ),
  );
}

export function createClusterClient(address: RedisAddress): Cluster {
  const client = new Cluster(address.nodes, {
    lazyConnect: true,
    scripts,
    enableOfflineQueue: false,
    clusterRetryStrategy: backoff,
    // Zero: a command whose reply was lost is not sent again.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: REPLY_TIMEOUT_MS,
    redisOptions: commonOptions(address),
    // Without resolution to an address: certificates carry host names.
    dnsLookup: (name, done) => done(null, name),
  });
  return ignoreErrors(client);
}

/** Without `numberOfKeys`: it differs from call to call, so each call passes its own. */
const scripts = Object.fromEntries(Object.entries(SCRIPTS).map(([name, lua]) => [name, { lua }]));

function commonOptions({ username, password, tls }: RedisAddress) {
  return {
    connectionName: CONNECTION_NAME,
    lazyConnect: true,
    scripts,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: REPLY_TIMEOUT_MS,
    socketTimeout: REPLY_TIMEOUT_MS,
    maxLoadingRetryTime: MAX_LOADING_RETRY_MS,
    autoResendUnfulfilledCommands: false,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
  };
}

/**
 * Replaces the connection of a client, which asks the sentinels for the master again.
 *
 * ioredis 6 ends a client for ever whose `disconnect(true)` comes while it is asking the sentinels. What it learns may be the old master,
 * so the connection to it is replaced when it is open.
 */
export function reconnect(client: Redis): void {
  if (client.status === 'connecting') client.once('connect', () => client.disconnect(true));
  else client.disconnect(true);
}

/** For single connections; a Cluster client replaces its connections itself. */
function reconnectOptions() {
  return {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: backoff,
    // The master has become a replica: reconnect, which asks the sentinels again.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
}

/** Every operation reports its own failure; without a listener, the client would print each error event to standard error. */
function ignoreErrors<C extends Client>(client: C): C {
  return client.on('error', () => {
    // ioredis listens for one error of a socket; a failed TLS handshake can emit a second one.
    const stream = 'stream' in client ? client.stream : undefined;
    if (stream?.listenerCount('error') === 0) stream.on('error', () => {});
  }) as C;
}
