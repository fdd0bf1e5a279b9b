import { StoreOpenError } from '../../errors.ts';

/** What an operator writes: `redis://`, `redis+sentinel://` or `redis+cluster://`, and the same with `rediss` for TLS. */

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
  /** Name of the monitored master; of a sentinel address only. */
  masterName?: string;
  db: number;
  /** Replicas that confirm a write that must survive a failover; `connected` is one where there is one. */
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

/** @throws StoreOpenError that repeats nothing of the address, which may carry a password */
export function parseAddress(text: string): RedisAddress {
  const parts = ADDRESS.exec(text)?.groups;
  const kind = kindOf(text);
  if (parts === undefined) throw misread(kind, 'cannot be read');
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

/** The address without what is secret in it, for messages. */
export function describeAddress({ kind, tls, nodes, masterName }: RedisAddress): string {
  const scheme = `${tls ? 'rediss' : 'redis'}${kind === 'server' ? '' : `+${kind}`}`;
  const hosts = nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  return `${scheme}://${hosts}${masterName === undefined ? '' : `/${masterName}`}`;
}

function kindOf(text: string): RedisAddress['kind'] {
  if (text.includes('+sentinel:')) return 'sentinel';
  return text.includes('+cluster:') ? 'cluster' : 'server';
}

function misread(kind: RedisAddress['kind'], what: string): StoreOpenError {
  return new StoreOpenError(`the Redis store address ${what}: write ${FORMS[kind]}`);
}

function parseNodes(kind: RedisAddress['kind'], text: string): RedisNode[] {
  const nodes = text.split(',').map((node) => {
    const [, bracketed, plain, port] = /^(?:\[([\da-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(node) ?? [];
    const host = bracketed ?? plain;
    const number = port === undefined ? DEFAULT_PORT[kind] : Number(port);
    if (host === undefined || number < 1 || number > 65_535) {
      throw misread(kind, 'names a host or port that is none');
    }
    return { host, port: number };
  });
  if (kind === 'server' && nodes.length > 1) throw misread(kind, 'names several servers');
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
    throw misread(kind, 'has a user or password that is not percent-encoded');
  }
}

function parsePath(kind: RedisAddress['kind'], path: string): { db: number; masterName?: string } {
  const segments = path.split('/').filter((segment) => segment !== '');
  const masterName = kind === 'sentinel' ? segments.shift() : undefined;
  if (kind === 'sentinel' && masterName === undefined) throw misread(kind, 'names no master');
  const [db = '0', ...rest] = segments;
  if (kind === 'cluster' && segments.length > 0)
    throw misread(kind, 'names a database, and a cluster has one');
  if (!/^\d{1,5}$/.test(db) || rest.length > 0) throw misread(kind, 'names a database that is no number');
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
    throw misread(kind, 'has a wait that is no number of replicas');
  }
  const [username, password] = [options.get('sentinel-user'), options.get('sentinel-password')];
  return {
    wait: wait === 'connected' ? ('connected' as const) : Number(wait),
    allowEviction: isYes(options, 'allow-eviction'),
    allowNoAof: isYes(options, 'allow-no-aof'),
    sentinel: { ...(username !== null && { username }), ...(password !== null && { password }) },
  };
}

function isYes(options: URLSearchParams, name: (typeof OPTIONS)[number]): boolean {
  const value = options.get(name);
  if (value === null || value === 'no') return false;
  if (value === 'yes') return true;
  throw new StoreOpenError(`the Redis store address has a bad ${name}: write ${name}=yes or leave it out`);
}
