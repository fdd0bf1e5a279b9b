import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { crossCheck, type Mode } from './cross-checks.ts';
import { demoFor } from './demo.ts';
import { KNOWN_VARIABLES, readEnvironment } from './env.ts';
import { ConfigurationError } from './errors.ts';
import { readConfigFile } from './file.ts';
import { DEFAULT_SAMPLES, type SampleOrigins, sampleOrigins } from './samples.ts';
import { type ConfigFile, schema } from './schema.ts';
import { describeIssue, suggestion } from './schema-issues.ts';

/**
 * From environment and file to one frozen object: names (`env.ts`), yaml (`file.ts`), shape and defaults (`schema.ts`), and
 * checks that look at several keys together (`cross-checks.ts`). Nothing else in Signet reads the environment.
 */

export interface Config extends Omit<ConfigFile, 'port' | 'demo' | 'log'> {
  readonly port: number;
  readonly demo: boolean;
  readonly log: { level: ConfigFile['log']['level']; format: 'json' | 'pretty' };
  /** Development: the issuer is on this machine. Everything else is production. */
  readonly mode: Mode;
  /** Where the samples of the demo are. */
  readonly samples: SampleOrigins;
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
    samples: sampleOrigins(sources.env),
  });
}

/**
 * Checks plain values, as the file and the environment give them.
 * @param options.problems found earlier, reported together with those found here
 * @throws ConfigurationError listing every problem at once
 */
export function parseConfig(
  input: Record<string, unknown>,
  options: { interactive?: boolean | undefined; problems?: readonly string[]; samples?: SampleOrigins } = {},
): Config {
  const problems = [...(options.problems ?? [])];
  const parsed = schema.safeParse(withIssuer(input));
  if (!parsed.success) {
    const { issues } = parsed.error;
    const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys');
    const reported = unknown.length > 0 ? unknown : issues;
    problems.push(...reported.flatMap((issue) => describeIssue(issue)));
    if (unknown.length === 0) throw new ConfigurationError(problems);
    // A key that nobody reads must not hide what else is wrong.
    return parseConfig(without(input, unknown), { ...options, problems });
  }
  const values = parsed.data;
  const issuer = new URL(values.issuer);
  const mode = LOOPBACK_HOSTS.has(issuer.hostname) ? 'development' : 'production';
  const demo = values.demo ?? mode === 'development';
  const { samples = DEFAULT_SAMPLES } = options;
  const added = demoFor(samples);
  const apis = demo ? [added.api, ...values.apis] : values.apis;
  const clients = demo ? [...added.clients, ...values.clients] : values.clients;
  problems.push(...crossCheck({ ...values, apis, clients }, issuer, mode, demo));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return Object.freeze({
    ...values,
    apis,
    clients,
    demo,
    mode,
    samples,
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

/** One value moves a development server: without an issuer, it is where the port is. */
function withIssuer(input: Record<string, unknown>): Record<string, unknown> {
  const { issuer, port } = input;
  return issuer !== undefined || typeof port !== 'number' || port === 0
    ? input
    : { ...input, issuer: `http://localhost:${port}` };
}

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
