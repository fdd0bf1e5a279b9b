import { crossCheck, type Mode } from './cross-checks.ts';
import { demoFor } from './demo.ts';
import { KNOWN_VARIABLES, readEnvironment, withVariable } from './env.ts';
import { ConfigurationError } from './errors.ts';
import { readConfigFiles } from './include.ts';
import { isJsonObject } from './json-object.ts';
import { SourceFiles } from './source-files.ts';
import { developmentMail } from './mail-server.ts';
import { readNamedFile } from './read-file.ts';
import { DEFAULT_SAMPLES, type SampleOrigins, sampleOrigins } from './samples.ts';
import type { ConfigFile } from './schema.ts';
import { expandModes } from './mode-shorthand.ts';
import { suggestion } from './schema-issues.ts';
import { type SignUpConfig, type SignUpMode, type Terms, termsOf } from './schema-sign-up.ts';
import { usableValues } from './usable-values.ts';

/**
 * The configuration of a server or a command.
 *
 * Owns the steps from environment and file to one frozen object: variables (`env.ts`), YAML (`file.ts`), types and defaults (`schema.ts`), and
 * checks across several keys (`cross-checks.ts`). Nothing else in Signet reads the environment. Does not own checks that need the store, the
 * keys, the HSM or the network (`app/preflight.ts`), or client metadata (`clients/metadata.ts`). `cli/` is the caller.
 */

export interface Config extends Omit<ConfigFile, 'port' | 'demo' | 'log' | 'include' | 'signUp' | 'terms'> {
  readonly port: number;
  readonly demo: boolean;
  readonly signUp: SignUpConfig & { mode: SignUpMode };
  readonly terms: Terms | undefined;
  readonly log: { level: ConfigFile['log']['level']; format: 'json' | 'pretty' };
  /** Development when the host of the issuer is localhost or a loopback address, else production. */
  readonly mode: Mode;
  /** Origins of the sample API and the sample app. */
  readonly samples: SampleOrigins;
  /** The files that its parts are from, for messages. */
  readonly sourceFiles: SourceFiles;
}

export interface ConfigSources {
  /** Process environment. */
  env: Readonly<Record<string, string | undefined>>;
  /** Path from `--config`; `SIGNET_CONFIG` and then `signet.yaml` otherwise. */
  path?: string | undefined;
  /** Lower priority than file and environment. */
  defaults?: Record<string, unknown> | undefined;
  /** Whether standard output is a terminal. */
  interactive?: boolean | undefined;
}

const DEFAULT_PATH = 'signet.yaml';
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A configuration and its problems. Unusable values are left out and replaced by defaults. */
export interface Inspected {
  config: Config;
  /** A sentence each. */
  problems: readonly string[];
  /** Adds variable or file to a sentence that begins with a key. */
  readonly nameSource: (sentence: string) => string;
  /** Whether a key, or a part of it, was left out. Problems that follow from that are not reported. */
  readonly leftOut: (key: string) => boolean;
}

/**
 * Reads, merges and checks the configuration.
 * @throws ConfigurationError listing every problem at once
 */
export function loadConfig(sources: ConfigSources): Config {
  return accept(inspectConfig(sources));
}

/**
 * The same without an error for problems, for callers that run further checks (`app/preflight.ts`).
 * @throws ConfigurationError when the file cannot be read
 */
export function inspectConfig(sources: ConfigSources): Inspected {
  const environment = readEnvironment(sources.env, (path) => readNamedFile(path).toString('utf8'));
  const problems = environment.problems.map(({ name, message }) =>
    message === 'unknown variable'
      ? `${name}: unknown variable${suggestion(name, KNOWN_VARIABLES)}`
      : `${name}: ${message}`,
  );
  const explicit = sources.path ?? sources.env.SIGNET_CONFIG;
  let file: ReturnType<typeof readConfigFiles>;
  try {
    file = readConfigFiles(explicit ?? DEFAULT_PATH, explicit !== undefined);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError([...error.problems, ...problems]);
  }
  const inspected = inspect(merge(merge(sources.defaults ?? {}, file.values), environment.values), {
    interactive: sources.interactive,
    samples: sampleOrigins(sources.env),
    sourceFiles: file.sourceFiles,
  });
  const nameSource = (sentence: string): string => {
    const named = withVariable(sentence, sources.env);
    return named === sentence ? file.sourceFiles.withFile(sentence) : named;
  };
  return { ...inspected, nameSource, problems: [...problems, ...inspected.problems.map(nameSource)] };
}

interface ParseOptions {
  interactive?: boolean | undefined;
  samples?: SampleOrigins;
  sourceFiles?: SourceFiles;
}

/**
 * Checks plain values, like those from the file and the environment.
 * @throws ConfigurationError listing every problem at once
 */
export function parseConfig(input: Record<string, unknown>, options: ParseOptions = {}): Config {
  return accept(inspect(input, options));
}

function accept({ config, problems }: Pick<Inspected, 'config' | 'problems'>): Config {
  if (problems.length > 0) throw new ConfigurationError(problems);
  return config;
}

function inspect(input: Record<string, unknown>, options: ParseOptions): Omit<Inspected, 'nameSource'> {
  const usable = usableValues(expandModes(withIssuer(input)));
  const {
    values: { include: _read, ...values },
    leftOut,
  } = usable;
  const issuer = new URL(values.issuer);
  const mode = LOOPBACK_HOSTS.has(issuer.hostname) ? 'development' : 'production';
  const demo = values.demo ?? mode === 'development';
  const { samples = DEFAULT_SAMPLES, sourceFiles = new SourceFiles() } = options;
  const added = demoFor(samples);
  const apis = demo ? [added.api, ...values.apis] : values.apis;
  const clients = demo ? [...added.clients, ...values.clients] : values.clients;
  const port = values.port ?? (mode === 'development' && issuer.port !== '' ? Number(issuer.port) : 3000);
  const found = crossCheck({ ...values, apis, clients, port }, issuer, mode, demo);
  const problems = [...usable.problems, ...found.filter((problem) => !leftOut.isIn(problem))];
  const config = Object.freeze({
    ...values,
    apis,
    clients,
    demo,
    mail:
      mode === 'development'
        ? { ...values.mail, ...developmentMail(values.mail, values.store) }
        : values.mail,
    mode,
    samples,
    sourceFiles,
    port,
    signUp: { ...values.signUp, mode: values.signUp.mode ?? (demo ? 'open' : 'off') },
    terms: termsOf(values.terms),
    log: {
      level: values.log.level,
      format:
        values.log.format ?? (mode === 'development' && options.interactive === true ? 'pretty' : 'json'),
    },
  });
  return { config, problems, leftOut: (key) => leftOut.has(key) };
}

/** A port without an issuer means an issuer on localhost with this port, so that one variable moves a development server. */
function withIssuer(input: Record<string, unknown>): Record<string, unknown> {
  const { issuer, port } = input;
  return issuer !== undefined || typeof port !== 'number' || port === 0
    ? input
    : { ...input, issuer: `http://localhost:${port}` };
}

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const existing = merged.get(key);
    merged.set(key, isJsonObject(existing) && isJsonObject(value) ? merge(existing, value) : value);
  }
  return Object.fromEntries(merged);
}
