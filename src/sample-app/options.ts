import type { SampleAppOptions } from './app.ts';
import { isLoopback } from './relying-party.ts';

export interface Settings extends SampleAppOptions {
  /** Address to listen on. Default: the loopback interface. */
  host: string;
  port: number;
  logLevel: string;
}

/**
 * Reads the settings from the environment. The defaults are those of the demo.
 * @throws Error with the variable and its expected value
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const read = (name: string, fallback: string): string => env[`SAMPLE_APP_${name}`] ?? fallback;
  const port = isServiceLink(env.SAMPLE_APP_PORT) ? '3002' : read('PORT', '3002');
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new Error(`SAMPLE_APP_PORT must be a port from 0 to 65535, not "${port}"`);
  }
  const issuer = read('ISSUER', 'http://localhost:3000');
  checkUrl('SAMPLE_APP_ISSUER', issuer);
  const api = read('API', 'http://localhost:3001');
  checkUrl('SAMPLE_APP_API', api);
  const url = read('URL', `http://localhost:${port}`);
  checkUrl('SAMPLE_APP_URL', url);
  return {
    host: read('HOST', '127.0.0.1'),
    port: Number(port),
    logLevel: readLogLevel('SAMPLE_APP_LOG_LEVEL', read('LOG_LEVEL', 'info')),
    url: new URL(url),
    issuer,
    api,
    clientId: read('CLIENT_ID', 'demo-web'),
    clientSecret: read('CLIENT_SECRET', 'demo-web-secret'),
  };
}

/** Detects `SAMPLE_APP_PORT=tcp://10.96.14.7:80`, which Kubernetes sets for a Service named `sample-app`. */
function isServiceLink(port = ''): boolean {
  return /^(?:tcp|udp|sctp):\/\/[\d.:[\]a-f]+$/.test(port);
}

/** Secrets and tokens are sent to all three URLs, so plain http is accepted on localhost only. */
function checkUrl(name: string, value: string): void {
  const url = URL.parse(value);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return;
  throw new Error(`${name} must be an https URL, or an http URL of localhost, not "${value}"`);
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

function readLogLevel(name: string, value: string): string {
  if (LOG_LEVELS.includes(value)) return value;
  throw new Error(`${name} must be one of ${LOG_LEVELS.join(', ')}, not "${value}"`);
}
