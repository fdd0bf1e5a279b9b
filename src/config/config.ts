import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { BlockList } from 'node:net';
import { z } from 'zod';
import { DEMO_API, DEMO_CLIENTS } from './demo.ts';
import { KNOWN_VARIABLES, readEnvironment } from './env.ts';
import { ConfigurationError } from './errors.ts';
import { readConfigFile } from './file.ts';
import { nearest } from './nearest.ts';
import { parsePkcs11Uri } from './pkcs11-uri.ts';
import { type Api, type ConfigFile, type DeclaredClient, schema } from './schema.ts';

/**
 * From environment and file to one frozen object: names (`env.ts`), yaml (`file.ts`), shape and defaults (`schema.ts`), and
 * here the checks that look at several keys together. Nothing else in Signet reads the environment.
 */

export interface Config extends Omit<ConfigFile, 'port' | 'demo' | 'log'> {
  readonly port: number;
  readonly demo: boolean;
  readonly log: { level: ConfigFile['log']['level']; format: 'json' | 'pretty' };
  /** Development: the issuer is on this machine. Everything else is production. */
  readonly mode: 'development' | 'production';
}

export interface ConfigSources {
  /** Process environment. */
  env: Readonly<Record<string, string | undefined>>;
  /** Path from `--config`; `SIGNET_CONFIG` and then `signet.yaml` otherwise. */
  path?: string | undefined;
  /** Used where neither file nor environment says otherwise. */
  defaults?: Record<string, unknown> | undefined;
  /** Whether a person reads the log (a terminal). */
  interactive?: boolean | undefined;
}

const DEFAULT_PATH = 'signet.yaml';
const LOOPBACK_ADDRESSES = new Set(['127.0.0.1', '::1', 'localhost']);
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Reads, merges and checks the configuration.
 * @throws ConfigurationError listing every problem at once
 */
export function loadConfig(sources: ConfigSources): Config {
  const explicit = sources.path ?? sources.env.SIGNET_CONFIG;
  const file = readConfigFile(explicit ?? DEFAULT_PATH, explicit !== undefined);
  const environment = readEnvironment(sources.env, (path) => readFileSync(path, 'utf8'));
  const problems = environment.problems.map(({ name, message }) =>
    message === 'unknown variable'
      ? `${name}: unknown variable${suggestion(name, KNOWN_VARIABLES)}`
      : `${name}: ${message}`,
  );
  return parseConfig(merge(merge(sources.defaults ?? {}, file), environment.values), {
    interactive: sources.interactive,
    problems,
  });
}

/**
 * Checks plain values, as the file and the environment give them.
 * @param options.problems found earlier, reported together with those found here
 * @throws ConfigurationError listing every problem at once
 */
export function parseConfig(
  input: Record<string, unknown>,
  options: { interactive?: boolean | undefined; problems?: readonly string[] } = {},
): Config {
  const problems = [...(options.problems ?? [])];
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    const reported = unknown.length > 0 ? unknown : issues;
    problems.push(...reported.flatMap((issue) => describe(issue)));
    if (unknown.length === 0) throw new ConfigurationError(problems);
    // A key that nobody reads must not hide what else is wrong.
    return parseConfig(without(input, unknown), { ...options, problems });
  }
  const values = parsed.data;
  const issuer = new URL(values.issuer);
  const mode = LOOPBACK_HOSTS.has(issuer.hostname) ? 'development' : 'production';
  const demo = values.demo ?? mode === 'development';
  const apis = demo ? [DEMO_API, ...values.apis] : values.apis;
  const clients = demo ? [...DEMO_CLIENTS, ...values.clients] : values.clients;
  problems.push(...crossCheck({ ...values, apis, clients }, issuer, mode, demo));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.freeze({
    ...values,
    apis,
    clients,
    demo,
    mode,
    port: values.port ?? (mode === 'development' && issuer.port !== '' ? Number(issuer.port) : 3000),
    log: {
      level: values.log.level,
      format:
        values.log.format ?? (mode === 'development' && options.interactive === true ? 'pretty' : 'json'),
    },
  });
}

/** The JSON Schema of `signet.yaml`, for editors. */
export function configJsonSchema(): object {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

function crossCheck(
  values: ConfigFile & { apis: Api[]; clients: DeclaredClient[] },
  issuer: URL,
  mode: Config['mode'],
  demo: boolean,
): string[] {
  const problems: string[] = [];
  if (
    issuer.pathname !== '/' ||
    values.issuer.endsWith('/') ||
    issuer.search !== '' ||
    issuer.hash !== '' ||
    issuer.username !== ''
  ) {
    problems.push('issuer: must be scheme, host and port only, without a trailing slash, path or query');
  } else if (values.issuer !== issuer.origin) {
    problems.push(`issuer: write it in its normal form, ${issuer.origin}`);
  }
  if (mode === 'production' && issuer.protocol !== 'https:') {
    problems.push('issuer: must be https unless the host is localhost');
  }
  if (mode === 'production' && demo) {
    problems.push(
      'demo: the demo clients and account have public secrets and are refused in production; remove the key',
    );
  }
  if (mode === 'development' && demo && !LOOPBACK_ADDRESSES.has(values.host)) {
    problems.push(
      `host: the demo clients and account have public secrets and must not be reachable at ${values.host}; set demo: false`,
    );
  }
  if (values.keys === 'store' && values.masterKey === undefined) {
    problems.push(
      'masterKey: keys in the store need one; set SIGNET_MASTER_KEY (openssl rand -base64 32 makes one)',
    );
  }
  problems.push(...hsmProblems(values.hsm));
  if (values.lifetimes.authorizationCode > 60) {
    problems.push('lifetimes.authorizationCode: at most 60 seconds');
  }
  if (values.lifetimes.refreshReplayWindow > 60) {
    problems.push('lifetimes.refreshReplayWindow: at most 60 seconds');
  }
  if (values.lifetimes.refreshTokenFamily < values.lifetimes.refreshToken) {
    problems.push('lifetimes.refreshTokenFamily: must not be shorter than lifetimes.refreshToken');
  }
  if (values.passwords.memory < 8 * values.passwords.parallelism) {
    problems.push('passwords.memory: at least 8 KiB for each of passwords.parallelism');
  }
  if (values.loginProtection.lock > 900) {
    problems.push('loginProtection.lock: at most 15 minutes, so that nobody can lock others out for long');
  }
  for (const proxy of values.trustedProxies) {
    if (!isAddressOrRange(proxy))
      problems.push(`trustedProxies: "${proxy}" is not an address or a CIDR range`);
  }
  problems.push(
    ...duplicates(values.apis.map((api) => api.audience)).map(
      (audience) => `apis: ${audience} is declared twice`,
    ),
  );
  const scopes = values.apis.flatMap((api) => Object.keys(api.scopes));
  problems.push(
    ...duplicates(scopes).map((scope) => `apis: the scope ${scope} belongs to two APIs; a scope names one`),
  );
  problems.push(
    ...scopes
      .filter((scope) => STANDARD_SCOPES.has(scope))
      .map((scope) => `apis: ${scope} is a scope of OpenID Connect`),
  );
  problems.push(
    ...duplicates(values.clients.map((client) => client.client_id)).map(
      (id) => `clients: ${id} is declared twice`,
    ),
  );
  return problems;
}

function hsmProblems({ uri, pin }: ConfigFile['hsm']): string[] {
  if (uri === undefined) return pin === undefined ? [] : ['hsm.pin: is for hsm.uri, which is not set'];
  try {
    parsePkcs11Uri(uri);
  } catch (error) {
    return [`hsm.uri: ${error instanceof Error ? error.message : String(error)}`];
  }
  return pin === undefined ? ['hsm.pin: the token needs one; set SIGNET_HSM_PIN_FILE'] : [];
}

/** OpenID Connect Core §5.4 and §11, plus `groups`. */
export const STANDARD_SCOPES: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'groups',
  'offline_access',
]);

function without(
  input: Record<string, unknown>,
  unknown: readonly z.core.$ZodIssueUnrecognizedKeys[],
): Record<string, unknown> {
  const copy = structuredClone(input);
  for (const { path, keys } of unknown) {
    let node: Record<PropertyKey, unknown> = copy;
    for (const name of path) node = node[name] as Record<PropertyKey, unknown>;
    for (const key of keys) delete node[key];
  }
  return copy;
}

function describe(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path);
    return issue.keys.map((key) => `${[...path, key].join('.')}: unknown key${suggestion(key, known)}`);
  }
  return [`${path.join('.') || 'configuration'}: ${issue.message}`];
}

/** The keys that the schema has at a path. */
function knownKeys(path: readonly string[]): string[] {
  let node: unknown = schema;
  for (const step of path) {
    const inner = unwrap(node);
    node =
      inner instanceof z.ZodArray
        ? inner.element
        : inner instanceof z.ZodObject
          ? inner.shape[step]
          : undefined;
  }
  const found = unwrap(node);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function unwrap(node: unknown): unknown {
  let inner = node;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
    inner = inner.unwrap();
  }
  return inner;
}

function suggestion(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  return close === undefined ? '' : `; did you mean ${close}?`;
}

function duplicates(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

function isAddressOrRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

/** The trusted proxies as something that can be asked. */
export function proxyList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const existing = merged[key];
    merged[key] = isPlainObject(existing) && isPlainObject(value) ? merge(existing, value) : value;
  }
  return merged;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
