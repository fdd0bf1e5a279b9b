import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, parseConfig } from '../../src/config/config.ts';
import type { ConfigInput } from '../../src/config/schema.ts';
import { createLogger } from '../../src/observability/log.ts';
import { type RunningServer, startServer } from '../../src/app/server.ts';
import { freePort } from './free-port.ts';
import { makeMemoryDirectory } from './memory-directory.ts';
import { placeSigningKeys } from './signing-key.ts';

/** A server in this process: real sockets, a real database and key files in a directory that is removed with it. */
export interface TestServer {
  issuer: string;
  config: Config;
  directory: string;
  running: RunningServer;
  /** Everything logged so far, one JSON object a line. */
  readonly logged: string;
  /** Stops and starts again on the same directory and port. @param changes of the configuration */
  restart(changes?: Partial<Config>): Promise<void>;
  stop(): Promise<void>;
}

/** The cheapest password hashing that the configuration allows. */
export const QUICK_PASSWORDS = { memory: 19_456, iterations: 2, parallelism: 1, concurrency: 2 };

/** Cheaper than the configuration allows, for servers in this process. */
const CHEAP_HASHING = { memory: 64, iterations: 1 };

/** All tests come from one address. */
export const UNHURRIED_LIMITS = {
  authorizationRequests: 1_000_000,
  pushedRequests: 1_000_000,
  signInForms: 1_000_000,
  wrongClientSecrets: 1_000_000,
};

/** @param start of another copy of the source */
export async function startTestServer(
  input: Partial<ConfigInput> = {},
  start: typeof startServer = startServer,
): Promise<TestServer> {
  const directory = makeMemoryDirectory('signet');
  const keys = join(directory, 'keys');
  if (input.keys === undefined && input.hsm === undefined) {
    await placeSigningKeys(keys, ['RS256', ...(input.signingAlgorithms ?? [])]);
  }
  const port = await freePort();
  const config = parseConfig({
    issuer: `http://localhost:${port}`,
    store: `sqlite:${join(directory, 'signet.db')}`,
    keys,
    management: { port: 0 },
    log: { level: 'debug' },
    passwords: QUICK_PASSWORDS,
    limits: UNHURRIED_LIMITS,
    ...input,
  });
  if (input.passwords === undefined) Object.assign(config.passwords, CHEAP_HASHING);
  let logged = '';
  const log = await createLogger(config.log, { write: (line: string) => void (logged += line) });
  const server: TestServer = {
    issuer: config.issuer,
    config,
    directory,
    running: await start(config, { log }),
    get logged() {
      return logged;
    },
    async restart(changes = {}) {
      await server.running.close();
      server.config = { ...server.config, ...changes };
      server.running = await start(server.config, { log });
    },
    async stop() {
      await server.running.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return server;
}
