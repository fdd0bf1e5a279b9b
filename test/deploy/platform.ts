import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Container, type ContainerPlan } from '../support/container.ts';
import { needNamespaces, Network } from '../support/network.ts';
import { needRedis } from '../support/redis-server.ts';
import { readCompose, readDockerfile } from './deployment-files.ts';

/** What the deployment files are started on: for each test a network, in which all ports are free, and a Redis as Compose starts it. */

export const SERVING = /signet is serving/;
export const MASTER_KEY = randomBytes(32).toString('base64');
export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const ISSUER = 'https://login.example.com';

export const image = readDockerfile();
/** What every container of the image has. */
export const imageEnv = { PATH, HOSTNAME: '3f4e9a1c2b7d', HOME: '/', ...image.env };

export function usePlatform(): Platform {
  const platform = new Platform();
  before(async function () {
    await needNamespaces(this);
    await needRedis(this);
    platform.prepare();
  });
  beforeEach(() => platform.start());
  afterEach(() => platform.stop());
  after(() => platform.remove());
  return platform;
}

export class Platform {
  #directory = '';
  #network: Network | undefined;
  #redis: ChildProcess | undefined;
  readonly #containers: Container[] = [];

  prepare(): void {
    this.#directory = mkdtempSync(join(tmpdir(), 'signet-platforms-'));
  }

  async start(): Promise<void> {
    this.#network = await Network.start();
    const [, ...options] = readCompose({}).services.redis?.command ?? [];
    const data = mkdtempSync(join(this.#directory, 'redis-'));
    const [command, ...args] = [...this.network.enter, 'redis-server', ...options, '--dir', data];
    const redis = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#redis = redis;
    await new Promise<void>((resolve, reject) => {
      redis.once('exit', () => reject(new Error('redis-server ended')));
      redis.stdout.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('Ready to accept connections')) resolve();
      });
    });
  }

  async stop(): Promise<void> {
    for (const container of this.#containers.splice(0)) await container.stop();
    const redis = this.#redis;
    if (redis !== undefined && redis.exitCode === null) {
      const ended = once(redis, 'exit');
      redis.kill('SIGKILL');
      await ended;
    }
    await this.#network?.stop();
  }

  remove(): void {
    if (this.#directory !== '') rmSync(this.#directory, { recursive: true, force: true });
  }

  get directory(): string {
    return this.#directory;
  }

  get network(): Network {
    if (this.#network === undefined) throw new Error('the network is there in a test');
    return this.#network;
  }

  /** Starts a container, waits for a text in its output, and looks at what the process may do. */
  async run(plan: Omit<ContainerPlan, 'network'>, until = SERVING): Promise<Container> {
    const container = await Container.start({ network: this.network, ...plan }, until);
    this.#containers.push(container);
    assert.equal(container.status('Uid'), Array(4).fill(plan.uid).join('\t'));
    assert.equal(container.status('CapEff'), '0'.repeat(16));
    assert.equal(container.status('NoNewPrivs'), '1');
    assert.doesNotMatch(container.output, /EROFS|EACCES|EPERM|"level":"(?:error|fatal)"/);
    return container;
  }

  /** A directory of this machine that belongs to a user, for a volume. */
  volume(uid: number): string {
    const path = mkdtempSync(join(this.#directory, 'volume-'));
    chownSync(path, uid, uid);
    chmodSync(path, 0o700);
    return path;
  }

  async assertServes(issuer = ISSUER, port = 3000): Promise<void> {
    const [discovery, ready] = await this.network.get(
      `http://127.0.0.1:${port}/.well-known/openid-configuration`,
      'http://127.0.0.1:9000/readyz',
    );
    // By this address it is not the issuer, and says so.
    assert.equal(discovery?.status, 421);
    assert.deepEqual(JSON.parse(discovery.body), {
      error: 'misdirected_request',
      error_description: `this server is ${issuer}`,
    });
    assert.equal(ready?.status, 200);
  }
}

export async function assertHealthy(container: Container, command: readonly string[]): Promise<void> {
  assert.deepEqual(await container.execute(command), { code: 0, output: '' });
}

/** That its user can write nowhere. */
export async function assertReadOnly(container: Container): Promise<void> {
  const program =
    "const fs = require('fs'); for (const path of process.argv.slice(1)) " +
    "try { fs.writeFileSync(path + '/written', ''); console.log(path) } catch {}";
  const places = [
    '/',
    '/tmp',
    '/etc',
    '/opt/signet',
    '/opt/signet/node_modules',
    '/usr/local/bin',
    '/srv/signet',
  ];
  const { code, output } = await container.execute(['/usr/local/bin/node', '-e', program, ...places]);
  assert.deepEqual([code, output], [0, '']);
}
