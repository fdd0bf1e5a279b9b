import { type ResourceServerOptions, TWO_FACTORS } from './app.ts';

export interface Settings extends ResourceServerOptions {
  /** Address to listen on. Default: the loopback interface. */
  host: string;
  port: number;
  logLevel: string;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/**
 * Reads the settings from the environment.
 * @throws Error with the variable and its expected value
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const port = readPort('RESOURCE_SERVER_PORT', env.RESOURCE_SERVER_PORT);
  const issuer = readUrl('RESOURCE_SERVER_ISSUER', env.RESOURCE_SERVER_ISSUER ?? 'http://localhost:3000');
  const jwksUri = env.RESOURCE_SERVER_JWKS_URI;
  const introspection = readIntrospection(issuer, env);
  const maxAge = readSeconds('RESOURCE_SERVER_URGENT_MAX_AGE', env.RESOURCE_SERVER_URGENT_MAX_AGE);
  return {
    host: env.RESOURCE_SERVER_HOST ?? '127.0.0.1',
    port,
    logLevel: readChoice('RESOURCE_SERVER_LOG_LEVEL', env.RESOURCE_SERVER_LOG_LEVEL ?? 'info', LOG_LEVELS),
    issuer,
    audience: readUrl('RESOURCE_SERVER_AUDIENCE', env.RESOURCE_SERVER_AUDIENCE ?? `http://localhost:${port}`),
    // One, which every token must have (RFC 8725 §3.1).
    algorithms: [
      readChoice(
        'RESOURCE_SERVER_SIGNING_ALGORITHM',
        env.RESOURCE_SERVER_SIGNING_ALGORITHM ?? 'RS256',
        ALGORITHMS,
      ),
    ],
    ...(jwksUri !== undefined && { jwksUri: readUrl('RESOURCE_SERVER_JWKS_URI', jwksUri) }),
    ...(introspection !== undefined && { introspection }),
    ...(maxAge !== undefined && { urgent: { ...TWO_FACTORS, maxAge } }),
  };
}

/** Defaults to the demo client of a development server. An empty client id turns introspection off. */
function readIntrospection(
  issuer: string,
  env: Readonly<Record<string, string | undefined>>,
): Settings['introspection'] {
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(issuer).hostname);
  const clientId = env.RESOURCE_SERVER_CLIENT_ID ?? (local ? 'demo-api' : '');
  const clientSecret = env.RESOURCE_SERVER_CLIENT_SECRET ?? (local ? 'demo-api-secret' : '');
  if (clientId === '') return undefined;
  if (clientSecret === '')
    throw new Error('RESOURCE_SERVER_CLIENT_SECRET must be set with RESOURCE_SERVER_CLIENT_ID');
  const endpoint = env.RESOURCE_SERVER_INTROSPECTION_URI;
  return {
    clientId,
    clientSecret,
    ...(endpoint !== undefined && { endpoint: readUrl('RESOURCE_SERVER_INTROSPECTION_URI', endpoint) }),
  };
}

/** Undefined: a sign-in of any age. */
function readSeconds(name: string, value: string | undefined): number | undefined {
  if (value === undefined || /^\d{1,6}$/.test(value)) return value === undefined ? undefined : Number(value);
  throw new Error(`${name} must be a number of seconds, not "${value}"`);
}

/** Ignores `RESOURCE_SERVER_PORT=tcp://10.96.14.7:80`, which Kubernetes sets for a Service named `resource-server`. */
function readPort(name: string, value = '3001'): number {
  if (/^(?:tcp|udp|sctp):\/\/[\d.:[\]a-f]+$/.test(value)) return 3001;
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new Error(`${name} must be a port from 0 to 65535, not "${value}"`);
}

/** Returns the URL unchanged: issuer and audience are compared as strings. */
function readUrl(name: string, value: string): string {
  if (/^https?:$/.test(URL.parse(value)?.protocol ?? '')) return value;
  throw new Error(`${name} must be an http or https URL, not "${value}"`);
}

function readChoice(name: string, value: string, choices: readonly string[]): string {
  if (choices.includes(value)) return value;
  throw new Error(`${name} must be one of ${choices.join(', ')}, not "${value}"`);
}
