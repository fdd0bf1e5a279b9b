import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Config, parseConfig } from '../../../src/config/config.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { needRedis, startRedis } from '../../support/redis-server.ts';
import { freePort } from '../../support/free-port.ts';
import { QUICK_PASSWORDS, startTestServer, UNHURRIED_LIMITS } from '../../support/server.ts';
import { WorkerProcesses } from '../../support/worker-processes.ts';
import { shiftDate } from './shifted-date.ts';

/** The server in one of two ways: in this process on SQLite, which is fast, or as four workers on a separate Redis. */
export interface ServerUnderTest {
  config: Config;
  port: number;
  managementPort: number;
  /** Its working directory, with the database file, if any. */
  directory: string;
  /** Its log. */
  logged: () => string;
  /** The raw content of all files of the store. */
  stored: () => string;
  /** Private keys and master keys, each with its name. */
  privateKeys: () => [kind: string, value: string][];
  /** Sets the clock of server and test. @param milliseconds ahead of the real time */
  shiftClock: (milliseconds: number) => Promise<void>;
  /** Executes the jobs that are due, where the server is in this process; workers execute them within seconds. */
  sendJobs: () => Promise<void>;
  stop: () => Promise<void>;
}

export type Storage = 'sqlite' | 'redis';

/** `SIGNET_SECURITY=redis` chooses the workers. */
export const STORAGE: Storage = process.env.SIGNET_SECURITY === 'redis' ? 'redis' : 'sqlite';

const WORKERS = 4;

export async function startServerUnderTest(
  context: Mocha.Context,
  input: Partial<ConfigInput>,
): Promise<ServerUnderTest> {
  if (STORAGE === 'sqlite') return await onSqlite(input);
  await needRedis(context);
  return await onRedis(input);
}

async function onSqlite(input: Partial<ConfigInput>): Promise<ServerUnderTest> {
  const server = await startTestServer(input);
  return {
    config: server.config,
    port: server.running.port,
    managementPort: server.running.managementPort as number,
    directory: server.directory,
    logged: () => server.logged,
    stored: () => contentOf(server.directory),
    privateKeys: () => privateKeysIn(server.config.keys),
    shiftClock: async (milliseconds) => shiftDate(milliseconds),
    sendJobs: () => server.running.sendJobs(),
    stop: () => server.stop(),
  };
}

async function onRedis(input: Partial<ConfigInput>): Promise<ServerUnderTest> {
  const redis = await startRedis();
  const directory = mkdtempSync(join(tmpdir(), 'signet-'));
  const port = await freePort();
  const values = {
    issuer: `http://localhost:${port}`,
    store: `redis://127.0.0.1:${redis.port}`,
    keys: 'store',
    masterKey: randomBytes(32).toString('base64'),
    log: { level: 'debug' },
    passwords: QUICK_PASSWORDS,
    limits: UNHURRIED_LIMITS,
    ...input,
    port,
  } satisfies Partial<ConfigInput>;
  // JSON is YAML.
  writeFileSync(join(directory, 'signet.yaml'), JSON.stringify(values), { mode: 0o600 });
  const clockFile = join(directory, 'clock');
  writeFileSync(clockFile, '0');
  const stop = async (): Promise<void> => {
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  const preload = new URL('shifted-date-preload.ts', import.meta.url).href;
  const workers = await WorkerProcesses.start(directory, ['--workers', String(WORKERS)], {
    NODE_OPTIONS: `--import=${preload}`,
    CLOCK_FILE: clockFile,
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    config: parseConfig(values),
    port,
    managementPort: workers.managementPort,
    directory,
    logged: () => workers.output,
    stored: () => contentOf(redis.directory),
    privateKeys: () => [['master key', values.masterKey ?? '']],
    shiftClock: async (milliseconds) => {
      shiftDate(milliseconds);
      writeFileSync(clockFile, String(milliseconds));
      // The workers read the file every 20 ms.
      await delay(200);
    },
    sendJobs: () => Promise.resolve(),
    stop: async () => {
      await workers.end();
      await stop();
    },
  };
}

/** The private exponent of each key file, if there are files; each algorithm but RS256 has a directory. */
function privateKeysIn(directory: string): [kind: string, value: string][] {
  if (!existsSync(directory)) return [];
  return filesIn(directory).flatMap((path) =>
    [...readFileSync(path, 'utf8').matchAll(/"d": "([\w-]+)"/g)].map(([, value = '']): [string, string] => [
      'private key',
      value,
    ]),
  );
}

/** The bytes of all files but those of the signing keys. */
function contentOf(directory: string): string {
  return filesIn(directory)
    .filter((path) => !relative(directory, path).split(sep).includes('keys'))
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
