import { Cluster, Redis } from 'ioredis';
import type { RedisAddress, RedisNode } from './address.ts';
import { SCRIPTS } from '../scripts.ts';

/**
 * How Signet talks to Redis: an outage is an error at once, recovery takes less than a second, nothing is sent twice.
 *
 * The client's defaults would queue commands without a bound while there is no connection, and repeat those whose answer was lost, so
 * that somebody who redeemed a code would be told that it had been redeemed before.
 */

export type Client = Redis | Cluster;

const NAME = 'signet';

/** Milliseconds. A server that is silent for that long while it owes an answer is given up. */
const SILENCE = 800;
const CONNECT_TIMEOUT = 700;
const LONGEST_BACKOFF = 300;
const LOADING_RETRY = 100;

/** @param attempts since the connection was lost, from 1; returns milliseconds */
const backoff = (attempts: number): number => Math.min(attempts * 50, LONGEST_BACKOFF);

/** To a server, or to the master that the sentinels name. None of these is connected yet. */
export function createServerClient(address: RedisAddress): Redis {
  if (address.kind === 'sentinel') return createSentinelClient(address);
  const [node] = address.nodes;
  if (node === undefined) throw new TypeError('an address names a server');
  return createNodeClient(address, node);
}

/** To one server, be it alone or of a cluster. */
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
    sentinelCommandTimeout: SILENCE,
    ...(sentinel.username !== undefined && { sentinelUsername: sentinel.username }),
    ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password }),
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
  });
  return ignoreErrors(client);
}

/** To each sentinel, for a subscription that outlives any outage. */
export function createSentinelSubscribers({ nodes, tls, sentinel }: RedisAddress): Redis[] {
  return nodes.map((node) =>
    ignoreErrors(
      new Redis({
        ...node,
        ...sentinel,
        ...(tls && { tls: {} }),
        connectionName: NAME,
        connectTimeout: CONNECT_TIMEOUT,
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
    // Zero: a command whose answer was lost is not sent again.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: SILENCE,
    redisOptions: commonOptions(address),
    // Names stay names, which certificates carry.
    dnsLookup: (name, done) => done(null, name),
  });
  return ignoreErrors(client);
}

/** Numbers of keys differ from call to call, so that each call tells its own. */
const scripts = Object.fromEntries(Object.entries(SCRIPTS).map(([name, lua]) => [name, { lua }]));

function commonOptions({ username, password, tls }: RedisAddress) {
  return {
    connectionName: NAME,
    lazyConnect: true,
    scripts,
    connectTimeout: CONNECT_TIMEOUT,
    commandTimeout: SILENCE,
    socketTimeout: SILENCE,
    maxLoadingRetryTime: LOADING_RETRY,
    autoResendUnfulfilledCommands: false,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
  };
}

/** A cluster makes new connections itself; elsewhere the connection looks after itself. */
function reconnectOptions() {
  return {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: backoff,
    // A master that became a replica: ask the sentinels again.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
}

/** Every operation reports its own failure; the client's events would say the same again, on standard error. */
function ignoreErrors<C extends Client>(client: C): C {
  return client.on('error', () => {
    // ioredis listens for one error of a socket; a broken TLS handshake can bring another.
    const stream = 'stream' in client ? client.stream : undefined;
    if (stream?.listenerCount('error') === 0) stream.on('error', () => {});
  }) as C;
}
