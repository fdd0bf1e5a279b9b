import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ConfigInput } from '../../src/config/schema.ts';
import { runHere } from '../cli/run-here.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { SIGNER } from '../faults/races.ts';

/** Nodes of two versions on one Redis, and the commands of each. */

export type Version = 'old' | 'new';
export const otherThan = (version: Version): Version => (version === 'old' ? 'new' : 'old');

/** Seconds. Short, so that what is stored comes and goes several times in an hour; `people.ts` drops what is about to expire. */
export const LIFETIMES = {
  accessToken: 60,
  idToken: 300,
  refreshToken: 600,
  refreshTokenFamily: 1200,
  session: 900,
};

const CONFIG = {
  lifetimes: LIFETIMES,
  // Without a maximum the audit trail grows for the whole run.
  audit: { maximumEvents: 10_000 },
  // All load comes from one address.
  limits: { authorizationRequests: 1e9, pushedRequests: 1e9, signInForms: 1e9, wrongClientSecrets: 1e9 },
  loginProtection: { allAccounts: 1e6 },
  clients: [SIGNER],
} satisfies Partial<ConfigInput>;

/** Keys of the configuration that only this version has. */
const NEW_CONFIG = { signingAlgorithms: ['RS256', 'ES256'] };

export interface Node {
  version: Version;
  port: number;
  child: ChildProcess;
  /** Requests under way. */
  pending: number;
  /** Warnings and errors of its log, the last ones. */
  log: string[];
}

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export class Fleet {
  readonly issuer: string;
  readonly redis: RedisServer;
  /** Those that get requests. */
  readonly nodes: Node[] = [];
  readonly #directories: Record<Version, string>;
  readonly #sources: Record<Version, string>;
  readonly #commandsHere: boolean;
  readonly #masterKey = randomBytes(32).toString('base64');
  #turn = 0;

  private constructor(
    issuer: string,
    redis: RedisServer,
    sources: Record<Version, string>,
    commandsHere: boolean,
  ) {
    this.issuer = issuer;
    this.redis = redis;
    this.#sources = sources;
    this.#commandsHere = commandsHere;
    const directory = (): string => mkdtempSync(join(tmpdir(), 'signet-upgrade-'));
    this.#directories = { old: directory(), new: directory() };
  }

  /**
   * Starts Redis, no node.
   * @param sources directory of each version
   * @param commandsHere whether `run` runs commands of the new version, which is this checkout then, in this process
   */
  static async start(sources: Record<Version, string>, commandsHere = false): Promise<Fleet> {
    const issuer = `http://localhost:${await freePort()}`;
    const fleet = new Fleet(issuer, await startRedis(), sources, commandsHere);
    fleet.#configure('old', CONFIG);
    // A version that does not know a key refuses the configuration.
    fleet.#configure('new', { ...CONFIG, ...NEW_CONFIG });
    if ((await fleet.run('new', ['config', 'check'])).stderr.includes('signingAlgorithms'))
      fleet.#configure('new', CONFIG);
    return fleet;
  }

  /** Starts a node, which gets requests as soon as it serves. */
  async add(version: Version): Promise<Node> {
    const port = await freePort();
    const child = this.#spawn(version, ['serve'], { SIGNET_PORT: String(port) });
    const node: Node = { version, port, child, pending: 0, log: [] };
    const keep = (line: string): void => {
      node.log.push(line);
      if (node.log.length > 50) node.log.shift();
    };
    const { promise: serving, resolve } = Promise.withResolvers<void>();
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.includes('signet is serving')) resolve();
      else if (/"level":(?:"(?:warn|error|fatal)"|[456]0)/.test(line)) keep(line);
    });
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', keep);
    const ended = once(child, 'exit').then(([code, signal]) => {
      const index = this.nodes.indexOf(node);
      if (index >= 0) this.nodes.splice(index, 1);
      throw new Error(
        `a node of the ${version} version ended with ${code ?? signal}: ${node.log.join('\n')}`,
      );
    });
    await Promise.race([serving, ended]);
    ended.catch(() => undefined);
    this.nodes.push(node);
    return node;
  }

  /** Takes a node out as a load balancer does: no further requests, then the end. */
  async remove(version: Version): Promise<void> {
    const index = this.nodes.findIndex((node) => node.version === version);
    const [node] = this.nodes.splice(index, 1);
    if (node === undefined || index < 0) throw new RangeError(`no node of the ${version} version`);
    await eventually('its requests are answered', () => Promise.resolve(node.pending === 0), 60);
    const ended = once(node.child, 'exit');
    node.child.kill('SIGTERM');
    await ended;
  }

  /** @param where this node or a node of this version if it is running, otherwise the next of all */
  next(where?: Version | Node): Node {
    const some = this.nodes.filter((node) => node === where || node.version === where);
    const among = some.length > 0 ? some : this.nodes;
    this.#turn += 1;
    const node = among[this.#turn % among.length];
    if (node === undefined) throw new RangeError('no node is running');
    return node;
  }

  get versions(): Version[] {
    return [...new Set(this.nodes.map(({ version }) => version))];
  }

  /** Runs a command of a version. */
  async run(version: Version, args: readonly string[], input = ''): Promise<Finished> {
    if (version === 'new' && this.#commandsHere)
      return await runHere(this.#directories.new, args, { input, env: this.#env });
    const child = this.#spawn(version, args);
    const finished: Finished = { code: null, stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk: Buffer) => (finished.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (finished.stderr += chunk.toString()));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { ...finished, code };
  }

  /** Bytes and keys of Redis. */
  async size(): Promise<{ bytes: number; keys: number }> {
    const memory = await this.redis.command('info', 'memory');
    return {
      bytes: Number(/used_memory:(\d+)/.exec(memory)?.[1]),
      keys: Number(await this.redis.command('dbsize')),
    };
  }

  async stop(): Promise<void> {
    const nodes = this.nodes.splice(0);
    await Promise.all(
      nodes.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGINT');
        await ended;
      }),
    );
    await this.redis.stop();
    for (const directory of Object.values(this.#directories)) rmSync(directory, { recursive: true });
  }

  #configure(version: Version, config: object): void {
    // JSON is YAML.
    writeFileSync(join(this.#directories[version], 'signet.yaml'), JSON.stringify(config), { mode: 0o600 });
  }

  #spawn(version: Version, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    return spawn(process.execPath, [join(this.#sources[version], 'bin/signet.js'), ...args], {
      cwd: this.#directories[version],
      stdio: 'pipe',
      env: { PATH: process.env.PATH ?? '', ...this.#env, ...env },
    });
  }

  get #env(): Record<string, string> {
    return {
      SIGNET_MANAGEMENT_PORT: '0',
      SIGNET_ISSUER: this.issuer,
      SIGNET_STORE: `redis://127.0.0.1:${this.redis.port}`,
      SIGNET_KEYS: 'store',
      SIGNET_MASTER_KEY: this.#masterKey,
    };
  }
}
