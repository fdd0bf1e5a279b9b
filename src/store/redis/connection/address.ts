import { StoreOpenError } from '../../errors.ts';

/** Parses the address of a Redis store: `redis://`, `redis+sentinel://` or `redis+cluster://`, and the same with `rediss` for TLS. */

export interface RedisNode {
  host: string;
  port: number;
}

interface Credentials {
  username?: string;
  password?: string;
}

export interface RedisAddress extends Credentials {
  kind: 'server' | 'sentinel' | 'cluster';
  tls: boolean;
  /** The server, the sentinels, or some nodes of the cluster. */
  nodes: RedisNode[];
  /** Name of the monitored master; Sentinel addresses only. */
  masterName?: string;
  db: number;
  /** How many replicas confirm a durable write; `connected`: one while a replica is connected, else none. */
  wait: number | 'connected';
  allowEviction: boolean;
  allowNoAof: boolean;
  sentinel: Credentials;
}

const DEFAULT_PORT = { server: 6379, sentinel: 26379, cluster: 6379 } as const;

const FORMS = {
  server: 'redis://[USER:PASSWORD@]HOST[:PORT][/DB]',
  sentinel: 'redis+sentinel://[USER:PASSWORD@]HOST[:PORT],…/MASTER-NAME[/DB]',
  cluster: 'redis+cluster://[USER:PASSWORD@]HOST[:PORT],…',
} as const;

const OPTIONS = ['wait', 'allow-eviction', 'allow-no-aof', 'sentinel-user', 'sentinel-password'] as const;

const ADDRESS =
  /^(?<scheme>rediss?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<credentials>[^?]*)@)?(?<nodes>[^@/?#]+)(?<path>\/[^?#]*)?(?:\?(?<query>.*))?$/;

/** @throws StoreOpenError whose message repeats no part of the address, which may contain a password */
export function parseAddress(text: string): RedisAddress {
  const parts = ADDRESS.exec(text)?.groups;
  const kind = modeOf(text);
  if (parts === undefined) throw invalidAddress(kind, 'cannot be read');
  const options = parseOptions(kind, parts.query ?? '');
  return {
    kind,
    tls: parts.scheme === 'rediss',
    nodes: parseNodes(kind, parts.nodes ?? ''),
    ...parseCredentials(kind, parts.credentials ?? ''),
    ...parsePath(kind, parts.path ?? ''),
    ...options,
  };
}

/** The address without user and password, for messages. */
export function describeAddress({ kind, tls, nodes, masterName }: RedisAddress): string {
  const scheme = `${tls ? 'rediss' : 'redis'}${kind === 'server' ? '' : `+${kind}`}`;
  const hosts = nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  return `${scheme}://${hosts}${masterName === undefined ? '' : `/${masterName}`}`;
}

function modeOf(text: string): RedisAddress['kind'] {
  if (text.includes('+sentinel:')) return 'sentinel';
  return text.includes('+cluster:') ? 'cluster' : 'server';
}

function invalidAddress(kind: RedisAddress['kind'], what: string): StoreOpenError {
  return new StoreOpenError(`the Redis store address ${what}: write ${FORMS[kind]}`);
}

function parseNodes(kind: RedisAddress['kind'], text: string): RedisNode[] {
  const nodes = text.split(',').map((node) => {
    const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(node) ?? [];
    const host = bracketed ?? plain;
    const number = port === undefined ? DEFAULT_PORT[kind] : Number(port);
    if (host === undefined || number < 1 || number > 65_535) {
      throw invalidAddress(kind, 'has an invalid host or port');
    }
    return { host, port: number };
  });
  if (kind === 'server' && nodes.length > 1) throw invalidAddress(kind, 'names several servers');
  return nodes;
}

function parseCredentials(kind: RedisAddress['kind'], text: string): Credentials {
  const colon = text.indexOf(':');
  const [username, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  try {
    return {
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
    };
  } catch {
    throw invalidAddress(kind, 'has a user or password that is not percent-encoded');
  }
}

function parsePath(kind: RedisAddress['kind'], path: string): { db: number; masterName?: string } {
  const segments = path.split('/').filter((segment) => segment !== '');
  const masterName = kind === 'sentinel' ? segments.shift() : undefined;
  if (kind === 'sentinel' && masterName === undefined) throw invalidAddress(kind, 'names no master');
  const [db = '0', ...rest] = segments;
  if (kind === 'cluster' && segments.length > 0)
    throw invalidAddress(kind, 'names a database, but a cluster has only one');
  if (!/^\d{1,5}$/.test(db) || rest.length > 0)
    throw invalidAddress(kind, 'names a database that is not a number');
  return { db: Number(db), ...(masterName !== undefined && { masterName }) };
}

function parseOptions(kind: RedisAddress['kind'], query: string) {
  const options = new URLSearchParams(query);
  for (const name of options.keys()) {
    if (OPTIONS.some((known) => known === name)) continue;
    throw new StoreOpenError(
      `the Redis store address has an unknown option: name one of ${OPTIONS.join(', ')}`,
    );
  }
  const wait = options.get('wait') ?? 'connected';
  if (wait !== 'connected' && !/^\d{1,2}$/.test(wait)) {
    throw invalidAddress(kind, 'has a wait that is not a number of replicas');
  }
  const [username, password] = [options.get('sentinel-user'), options.get('sentinel-password')];
  return {
    wait: wait === 'connected' ? ('connected' as const) : Number(wait),
    allowEviction: isEnabled(options, 'allow-eviction'),
    allowNoAof: isEnabled(options, 'allow-no-aof'),
    sentinel: { ...(username !== null && { username }), ...(password !== null && { password }) },
  };
}

function isEnabled(options: URLSearchParams, name: (typeof OPTIONS)[number]): boolean {
  const value = options.get(name);
  if (value === null || value === 'no') return false;
  if (value === 'yes') return true;
  throw new StoreOpenError(`the Redis store address has a bad ${name}: write ${name}=yes or leave it out`);
}
