import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findOrInstall, INSTALL_TIMEOUT } from './find-or-install.ts';
import { freePort } from './free-port.ts';
import { skip } from './skip.ts';

/** Starts the distribution's Redis: each server is a process on a free port, with a temporary directory. */

const HINT = 'apt-get install redis-server';
const START_ATTEMPTS = 3;

let found: Promise<string | undefined> | undefined;

/** For the `before` hook of a test: the suite is skipped, with a hint, where there is no Redis and none can be installed. */
export async function needRedis(context: Mocha.Context): Promise<void> {
  context.timeout(INSTALL_TIMEOUT + 30_000);
  found ??= findOrInstall(['redis-server'], 'redis-server');
  if ((await found) === undefined) skip(context, 'Redis is missing', HINT);
}

export interface RedisServer {
  readonly port: number;
  /** With its AOF. */
  readonly directory: string;
  /** Its process; a new one after `restart`. */
  readonly process: ChildProcess;
  /** Runs a command. @returns what redis-cli prints: each element of a list in a line @throws ReplyError */
  command(...words: string[]): Promise<string>;
  /** The same with a password. */
  commandAs(password: string, ...words: string[]): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Sends SIGKILL and waits for the end. The files stay. */
  kill(): Promise<void>;
  /** Starts it again after `kill`: same port, same directory. */
  restart(): Promise<void>;
  /** Kills it and removes its directory. */
  stop(): Promise<void>;
}

/**
 * Starts a server with an AOF, and waits until it answers.
 * @param settings as in redis.conf: `{ maxmemory: '5mb' }`
 * @param prefix a command that replaces itself by the server, for instance `taskset -c 1`
 */
export function startRedis(
  settings: Record<string, string> = {},
  prefix: readonly string[] = [],
): Promise<RedisServer> {
  return startWith(
    (port, directory) =>
      Object.entries({ ...DEFAULTS, ...settings, port: String(port), dir: directory }).flatMap(
        ([name, value]) => [`--${name}`, value],
      ),
    prefix,
  );
}

/** @param command the arguments of redis-server for a port and a directory of its own; called for every start */
export async function startWith(
  command: (port: number, directory: string) => string[],
  prefix: readonly string[] = [],
): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-redis-'));
  directories.add(directory);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const start = () => launch(prefix, command(port, directory));
    try {
      return serverOf(port, directory, start, await start());
    } catch (error) {
      if (attempt < START_ATTEMPTS) continue;
      remove(directory);
      throw error;
    }
  }
}

function serverOf(
  port: number,
  directory: string,
  start: () => Promise<ChildProcess>,
  started: ChildProcess,
): RedisServer {
  let child = started;
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    port,
    directory,
    get process() {
      return child;
    },
    command: (...words) => runCommand(port, words),
    commandAs: (password, ...words) => runCommand(port, words, password),
    signal: (signal) => void child.kill(signal),
    kill,
    restart: async () => {
      child = await start();
    },
    stop: async () => {
      await kill();
      remove(directory);
    },
  };
}

const DEFAULTS = {
  bind: '127.0.0.1',
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '',
  'repl-diskless-sync-delay': '0',
};

/** A crashed run leaves no servers and no directories behind. */
const running = new Set<ChildProcess>();
const directories = new Set<string>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const directory of directories) remove(directory);
});

function remove(directory: string): void {
  // A server that was just killed may still be writing.
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  directories.delete(directory);
}

async function launch(prefix: readonly string[], args: readonly string[]): Promise<ChildProcess> {
  const [program = '', ...rest] = [...prefix, (await found) ?? 'redis-server', ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (/Ready to accept connections|Sentinel ID is/.test(output)) resolve();
    });
  });
  child.stdout.removeAllListeners('data').resume();
  return child;
}

/** On a connection of its own, as redis-cli does, which is a process for each command. */
async function runCommand(port: number, [name = '', ...words]: string[], password?: string): Promise<string> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    password,
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    retryStrategy: () => null,
  });
  // The command is rejected with it.
  client.on('error', () => {});
  try {
    await client.connect();
    return textOf(await client.call(name, ...words));
  } finally {
    client.disconnect();
  }
}

function textOf(reply: unknown): string {
  if (Array.isArray(reply)) return reply.map(textOf).join('\n');
  return reply === null ? '' : (reply as string | number).toString().trimEnd();
}
