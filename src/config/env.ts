import { isServiceLink } from './service-links.ts';

/**
 * Environment variables: their names, their types and where each lands in the configuration. This file owns nothing else;
 * the values are checked by `schema.ts` like those of the file.
 */

type Kind = 'string' | 'number' | 'boolean' | 'list';

/** Variable → path in the configuration and type. `NAME_FILE` names a file that holds the value. */
export const VARIABLES: Readonly<Record<string, { path: readonly string[]; kind: Kind }>> = {
  SIGNET_ISSUER: { path: ['issuer'], kind: 'string' },
  SIGNET_HOST: { path: ['host'], kind: 'string' },
  SIGNET_PORT: { path: ['port'], kind: 'number' },
  SIGNET_STORE: { path: ['store'], kind: 'string' },
  SIGNET_KEYS: { path: ['keys'], kind: 'string' },
  SIGNET_MASTER_KEY: { path: ['masterKey'], kind: 'string' },
  SIGNET_HSM_URI: { path: ['hsm', 'uri'], kind: 'string' },
  SIGNET_HSM_PIN: { path: ['hsm', 'pin'], kind: 'string' },
  SIGNET_MANAGEMENT_HOST: { path: ['management', 'host'], kind: 'string' },
  SIGNET_MANAGEMENT_PORT: { path: ['management', 'port'], kind: 'number' },
  SIGNET_MANAGEMENT_HOSTS: { path: ['management', 'hosts'], kind: 'list' },
  SIGNET_TRUSTED_PROXIES: { path: ['trustedProxies'], kind: 'list' },
  SIGNET_LOG_LEVEL: { path: ['log', 'level'], kind: 'string' },
  SIGNET_LOG_FORMAT: { path: ['log', 'format'], kind: 'string' },
  SIGNET_DEMO: { path: ['demo'], kind: 'boolean' },
};

/** Read by the command itself, before there is a configuration. */
const COMMAND_VARIABLES = ['SIGNET_CONFIG'];

/** Secrets that may come from a file: store addresses carry passwords. */
const FILE_VARIABLES = ['SIGNET_STORE', 'SIGNET_MASTER_KEY', 'SIGNET_HSM_PIN'];

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
 * The part of the configuration that the environment sets.
 * @param env the process environment, or an object in tests
 * @param readFile reads a `*_FILE` value
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): { values: Record<string, unknown>; problems: EnvironmentProblem[] } {
  const values: Record<string, unknown> = {};
  const problems: EnvironmentProblem[] = [];
  for (const name of Object.keys(env)
    .filter((key) => key.startsWith('SIGNET_'))
    .sort()) {
    if (COMMAND_VARIABLES.includes(name) || isServiceLink(name, env)) continue;
    let raw = env[name] ?? '';
    let variable = VARIABLES[name];
    if (name.endsWith('_FILE') && FILE_VARIABLES.includes(name.slice(0, -'_FILE'.length))) {
      const base = name.slice(0, -'_FILE'.length);
      if (env[base] !== undefined) {
        problems.push({ name, message: `${base} is set too; set one of them` });
        continue;
      }
      variable = VARIABLES[base];
      try {
        raw = readFile(raw).trim();
      } catch {
        problems.push({ name, message: `cannot read the file ${raw}` });
        continue;
      }
    }
    if (variable === undefined) {
      problems.push({ name, message: 'unknown variable' });
      continue;
    }
    const value = convert(raw, variable.kind);
    if (value === undefined) problems.push({ name, message: `expected a ${variable.kind}, got "${raw}"` });
    else assign(values, variable.path, value);
  }
  return { values, problems };
}

/** A sentence that begins with a key, with the variable beside it that gave the value: nothing in the file would help there. */
export function withVariable(sentence: string, env: Readonly<Record<string, string | undefined>>): string {
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
      return /^\d{1,10}$/.test(raw) ? Number(raw) : undefined;
    case 'boolean':
      return raw === 'true' ? true : raw === 'false' ? false : undefined;
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
