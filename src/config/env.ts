import { isServiceLink } from './service-links.ts';

/**
 * Environment variables: names, types, and the key that each one sets. `schema.ts` checks the values like those of the file.
 */

type Kind = 'string' | 'number' | 'boolean' | 'list';

interface Variable {
  path: readonly string[];
  kind: Kind;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Variable → path in the configuration, and type. */
export const VARIABLES: Readonly<Record<string, Variable>> = {
  SIGNET_ISSUER: { path: ['issuer'], kind: 'string' },
  SIGNET_HOST: { path: ['host'], kind: 'string' },
  SIGNET_PORT: { path: ['port'], kind: 'number' },
  SIGNET_STORE: { path: ['store'], kind: 'string' },
  SIGNET_KEYS: { path: ['keys'], kind: 'string' },
  SIGNET_MASTER_KEY: { path: ['masterKey'], kind: 'string' },
  SIGNET_SIGNING_ALGORITHMS: { path: ['signingAlgorithms'], kind: 'list' },
  SIGNET_HSM_URI: { path: ['hsm', 'uri'], kind: 'string' },
  SIGNET_HSM_PIN: { path: ['hsm', 'pin'], kind: 'string' },
  SIGNET_MANAGEMENT_HOST: { path: ['management', 'host'], kind: 'string' },
  SIGNET_MANAGEMENT_PORT: { path: ['management', 'port'], kind: 'number' },
  SIGNET_MANAGEMENT_HOSTS: { path: ['management', 'hosts'], kind: 'list' },
  SIGNET_TRUSTED_PROXIES: { path: ['trustedProxies'], kind: 'list' },
  SIGNET_LOG_LEVEL: { path: ['log', 'level'], kind: 'string' },
  SIGNET_LOG_FORMAT: { path: ['log', 'format'], kind: 'string' },
  SIGNET_MAIL_SERVER: { path: ['mail', 'server'], kind: 'string' },
  SIGNET_MAIL_PASSWORD: { path: ['mail', 'password'], kind: 'string' },
  SIGNET_MAIL_FROM: { path: ['mail', 'from'], kind: 'string' },
  SIGNET_DEMO: { path: ['demo'], kind: 'boolean' },
};

/** Read by the command before the configuration is loaded. */
const COMMAND_VARIABLES = ['SIGNET_CONFIG'];

/** Variables with secrets (a store address contains a password). `NAME_FILE` is the path of a file with the value. */
const FILE_VARIABLES = [
  'SIGNET_STORE',
  'SIGNET_MASTER_KEY',
  'SIGNET_HSM_PIN',
  'SIGNET_MAIL_SERVER',
  'SIGNET_MAIL_PASSWORD',
];

export const KNOWN_VARIABLES: readonly string[] = [
  ...Object.keys(VARIABLES),
  ...FILE_VARIABLES.map((name) => `${name}_FILE`),
  ...COMMAND_VARIABLES,
];

export interface EnvironmentProblem {
  name: string;
  message: string;
}

/**
 * The values that the environment sets.
 * @param env the process environment, or an object in tests
 * @param readFile reads a `*_FILE` value
 */
export function readEnvironment(
  env: Environment,
  readFile: (path: string) => string,
): { values: Record<string, unknown>; problems: EnvironmentProblem[] } {
  const values: Record<string, unknown> = {};
  const problems: EnvironmentProblem[] = [];
  const names = Object.keys(env).filter((name) => name.startsWith('SIGNET_'));
  for (const name of names.sort()) {
    if (COMMAND_VARIABLES.includes(name) || isServiceLink(name, env)) continue;
    try {
      const { path, kind } = variableOf(name);
      assign(values, path, convert(rawValue(name, env, readFile), kind));
    } catch (error) {
      if (!(error instanceof VariableError)) throw error;
      problems.push({ name, message: error.message });
    }
  }
  return { values, problems };
}

/** A variable has no usable value. The message is one sentence without its name. */
class VariableError extends Error {}

/** `NAME` of the file variable `NAME_FILE`; undefined for any other variable. */
function fileVariable(name: string): string | undefined {
  const base = name.replace(/_FILE$/, '');
  return base !== name && FILE_VARIABLES.includes(base) ? base : undefined;
}

function variableOf(name: string): Variable {
  const variable = VARIABLES[fileVariable(name) ?? name];
  if (variable === undefined) throw new VariableError('unknown variable');
  return variable;
}

function rawValue(name: string, env: Environment, readFile: (path: string) => string): string {
  const value = env[name] ?? '';
  const base = fileVariable(name);
  if (base === undefined) return value;
  if (env[base] !== undefined) throw new VariableError(`${base} is set too; set only one of them`);
  try {
    return readFile(value).trim();
  } catch {
    throw new VariableError(`cannot read the file ${value}`);
  }
}

/** Adds the variable to a sentence that begins with a key, where the value came from the variable and not from the file. */
export function withVariable(sentence: string, env: Environment): string {
  for (const [name, { path }] of Object.entries(VARIABLES)) {
    const source = [name, `${name}_FILE`].find((key) => env[key] !== undefined && !isServiceLink(key, env));
    if (source === undefined) continue;
    const key = path.join('.');
    const rest = sentence.slice(key.length);
    if (sentence.startsWith(key) && /^(?:\.\d+)?: /.test(rest)) return `${key} (${source})${rest}`;
  }
  return sentence;
}

function convert(raw: string, kind: Kind): unknown {
  switch (kind) {
    case 'string':
      return raw;
    case 'number':
      if (!/^\d{1,10}$/.test(raw)) throw new VariableError(`expected a number, got "${raw}"`);
      return Number(raw);
    case 'boolean':
      if (raw !== 'true' && raw !== 'false') throw new VariableError(`expected a boolean, got "${raw}"`);
      return raw === 'true';
    case 'list':
      return raw
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
  }
}

function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) target[head] = value;
  else assign((target[head] ??= {}) as Record<string, unknown>, rest, value);
}
