import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ConfigInput } from '../../src/config/schema.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { freePort } from '../support/free-port.ts';
import { WorkerProcesses } from '../support/worker-processes.ts';
import type { SoakOptions } from './options.ts';

/** `signet serve` with lifetimes so short that most records expire during the run. */
export interface Subject {
  issuer: string;
  /** Of the serving process. */
  pid: number;
  /** Exit code or signal when it ended by itself; undefined while it runs. */
  readonly ended: string | undefined;
  metrics: () => Promise<Map<string, number>>;
  /** Over the run without its warm-up, in milliseconds. */
  eventLoop: () => { p50: number; p99: number; highest: number };
  storeSize: () => Promise<StoreSize>;
  stop: () => Promise<void>;
}

export interface StoreSize {
  bytes: number;
  records: number;
  /** Expired for two rounds of the sweeper and still there; Redis removes what has expired by itself. */
  overdue: number;
}

const CONFIG = {
  lifetimes: {
    accessToken: '60s',
    authorizationCode: '30s',
    refreshToken: '60s',
    refreshTokenFamily: '90s',
    session: '60s',
    interaction: '60s',
  },
  // Without a maximum the audit trail grows for the whole run.
  audit: { maximumEvents: 10_000 },
  // All load comes from one address; requests are still counted.
  limits: {
    authorizationRequests: 1_000_000_000,
    pushedRequests: 1_000_000_000,
    signInForms: 1_000_000_000,
    wrongClientSecrets: 1_000_000_000,
  },
  loginProtection: { knownDevice: '60s' },
  log: { level: 'info' },
} satisfies Partial<ConfigInput>;

/** Without a limit V8 delays garbage collection, and the heap varies by a hundred megabytes without any leak. */
const HEAP_LIMITS = '--max-old-space-size=192 --max-semi-space-size=16';

/** Seconds: the sweeper comes every 15. */
const OVERDUE_AFTER = 45;

/** @param warmUp milliseconds that do not count for the event loop */
export async function startSubject({ store }: SoakOptions, warmUp: number): Promise<Subject> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-soak-'));
  const redis = store === 'redis' ? await startRedis() : undefined;
  const port = await freePort();
  const address = redis === undefined ? 'sqlite:./signet.db' : `redis://127.0.0.1:${redis.port}`;
  const config = { ...CONFIG, issuer: `http://localhost:${port}`, store: address };
  // JSON is YAML.
  writeFileSync(join(directory, 'signet.yaml'), JSON.stringify(config), { mode: 0o600 });
  const eventLoopFile = join(directory, 'event-loop.json');
  const stop = async (): Promise<void> => {
    await redis?.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  const serving = await WorkerProcesses.start(directory, [], {
    NODE_OPTIONS: `${HEAP_LIMITS} --import=${new URL('event-loop-preload.ts', import.meta.url).href}`,
    EVENT_LOOP_FILE: eventLoopFile,
    EVENT_LOOP_WARM_UP: String(warmUp),
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const { child } = serving;
  return {
    issuer: config.issuer,
    pid: child.pid ?? 0,
    get ended() {
      return child.signalCode ?? (child.exitCode === null ? undefined : `exit code ${child.exitCode}`);
    },
    metrics: async () => parseMetrics((await serving.get('/metrics')).text),
    eventLoop: () => JSON.parse(readFileSync(eventLoopFile, 'utf8')) as ReturnType<Subject['eventLoop']>,
    storeSize: () => (redis === undefined ? Promise.resolve(sizeOfSqlite(directory)) : sizeOfRedis(redis)),
    stop: async () => {
      await serving.end('SIGTERM');
      await stop();
    },
  };
}

/** Values without labels, by name. */
function parseMetrics(text: string): Map<string, number> {
  return new Map([...text.matchAll(/^(\w+) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]));
}

function sizeOfSqlite(directory: string): StoreSize {
  const files = readdirSync(directory).filter((name) => name.startsWith('signet.db'));
  const database = new DatabaseSync(join(directory, 'signet.db'), { readOnly: true });
  const count = (sql: string): number => Number(database.prepare(sql).get()?.n);
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%expires_at%'")
    .all();
  const names = tables.map(({ name }) => String(name));
  const sum = (where: string): number =>
    names.reduce((total, name) => total + count(`SELECT count(*) AS n FROM ${name} ${where}`), 0);
  const due = Math.floor(Date.now() / 1000) - OVERDUE_AFTER;
  const size = {
    bytes: files.reduce((total, name) => total + statSync(join(directory, name)).size, 0),
    records: sum('') + count('SELECT count(*) AS n FROM audit'),
    overdue: sum(`WHERE expires_at < ${due}`),
  };
  database.close();
  return size;
}

async function sizeOfRedis(redis: RedisServer): Promise<StoreSize> {
  const memory = await redis.command('info', 'memory');
  return {
    bytes: Number(/^used_memory:(\d+)/m.exec(memory)?.[1]),
    records: Number(/\d+/.exec(await redis.command('dbsize'))?.[0]),
    overdue: 0,
  };
}
