import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Container, type ContainerPlan } from '../support/container.ts';
import { needNamespaces, Network } from '../support/network.ts';
import { makeCertificate } from '../support/nginx.ts';
import { needRedis } from '../support/redis-server.ts';
import { serviceLinks } from '../support/service-links.ts';
import {
  readCompose,
  readDockerfile,
  readKubernetes,
  readProcfile,
  readUnit,
  type Variables,
} from './deployment-files.ts';

const SERVING = /signet is serving/;
const MASTER_KEY = randomBytes(32).toString('base64');
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const ISSUER = 'https://login.example.com';

/** Each deployment file, started as its platform would: its variables and those of the platform, its user, root and limits. */
describe('Signet runs as', function () {
  this.timeout(60_000);
  const image = readDockerfile();
  /** What every container of the image has. */
  const imageEnv = { PATH, HOSTNAME: '3f4e9a1c2b7d', HOME: '/', ...image.env };
  let directory: string;
  let network: Network;
  let redis: ChildProcess;
  const containers: Container[] = [];

  before(async function () {
    await needNamespaces(this);
    await needRedis(this);
    directory = mkdtempSync(join(tmpdir(), 'signet-platforms-'));
  });
  after(() => directory !== undefined && rmSync(directory, { recursive: true, force: true }));

  // Each has the ports to itself, and a Redis as Compose starts it.
  beforeEach(async () => {
    network = await Network.start();
    const [, ...options] = readCompose({}).services.redis?.command ?? [];
    const data = mkdtempSync(join(directory, 'redis-'));
    const [command, ...args] = [...network.enter, 'redis-server', ...options, '--dir', data];
    redis = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      redis.once('exit', () => reject(new Error('redis-server ended')));
      redis.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('Ready to accept connections')) resolve();
      });
    });
  });
  afterEach(async () => {
    for (const container of containers.splice(0)) await container.stop();
    const ended = once(redis, 'exit');
    redis.kill('SIGKILL');
    await ended;
    await network.stop();
  });

  async function start(
    plan: Omit<ContainerPlan, 'network' | 'command'> & { command: readonly string[] },
    until = SERVING,
  ): Promise<Container> {
    const container = await Container.start({ network, ...plan }, until);
    containers.push(container);
    assert.equal(container.status('Uid'), Array(4).fill(plan.uid).join('\t'));
    assert.equal(container.status('CapEff'), '0'.repeat(16));
    assert.equal(container.status('NoNewPrivs'), '1');
    assert.doesNotMatch(container.output, /EROFS|EACCES|EPERM|"level":"(?:error|fatal)"/);
    return container;
  }

  /** A directory of this machine that belongs to a user, for a volume. */
  function volume(uid: number): string {
    const path = mkdtempSync(join(directory, 'volume-'));
    chownSync(path, uid, uid);
    chmodSync(path, 0o700);
    return path;
  }

  async function assertServes(issuer = ISSUER, port = 3000): Promise<void> {
    const [discovery, ready] = await network.get(
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

  async function assertHealthy(container: Container, command: readonly string[]): Promise<void> {
    assert.deepEqual(await container.execute(command), { code: 0, output: '' });
  }

  function assertRoot(container: Container): Promise<void> {
    const program =
      "const fs = require('fs'); for (const path of process.argv.slice(1)) try { fs.writeFileSync(path + '/written', ''); " +
      'console.log(path) } catch {}';
    const places = [
      '/',
      '/tmp',
      '/etc',
      '/opt/signet',
      '/opt/signet/node_modules',
      '/usr/local/bin',
      '/srv/signet',
    ];
    return container
      .execute(['/usr/local/bin/node', '-e', program, ...places])
      .then(({ output }) => assert.equal(output, ''));
  }

  it('a container of the image with a volume: docker run, as in docs/deploy.md', async () => {
    const container = await start({
      command: [...image.entrypoint, ...image.command],
      env: {
        ...imageEnv,
        SIGNET_ISSUER: ISSUER,
        SIGNET_TRUSTED_PROXIES: '172.17.0.1',
        // Of a container that is linked.
        SIGNET_PORT: 'tcp://172.17.0.5:3000',
        SIGNET_PORT_3000_TCP: 'tcp://172.17.0.5:3000',
        SIGNET_PORT_3000_TCP_ADDR: '172.17.0.5',
        SIGNET_PORT_3000_TCP_PORT: '3000',
        SIGNET_PORT_3000_TCP_PROTO: 'tcp',
        SIGNET_NAME: '/web/signet',
        SIGNET_ENV_NODE_ENV: 'production',
        SIGNET_MANAGEMENT_PORT: 'tcp://172.17.0.6:9000',
      },
      uid: image.uid,
      workingDirectory: image.workingDirectory,
      volumes: { [image.workingDirectory]: volume(image.uid) },
    });
    await assertServes();
    await assertHealthy(container, image.healthcheck);
    await container.stop();
    const { code } = await container.execute(image.healthcheck);
    assert.equal(code, 1);
  });

  describe('a pod of Kubernetes', () => {
    const { pod, configuration, secret, service } = readKubernetes();
    const [container] = pod.containers;
    const { runAsUser: uid, fsGroup } = pod.securityContext;
    const mountOf = (name: string): string =>
      container.volumeMounts.find((mount) => mount.name === name)?.mountPath ?? '';
    const secretMode = pod.volumes.find(({ name }) => name === 'secrets')?.secret?.defaultMode;

    function plan(secrets: Variables, links: Variables) {
      const files: Record<string, { content: string; mode: number; gid?: number }> = {};
      for (const [name, content] of Object.entries(configuration)) {
        files[join(mountOf('configuration'), name)] = { content, mode: 0o644 };
      }
      for (const [name, content] of Object.entries(secrets)) {
        const mode = Number.parseInt(String(secretMode), 8);
        files[join(mountOf('secrets'), name)] = { content, mode, gid: fsGroup };
      }
      return {
        network,
        command: [...image.entrypoint, ...container.args],
        env: {
          ...imageEnv,
          HOSTNAME: 'signet-5d8f7c9b6-x2x4q',
          ...serviceLinks('kubernetes', '10.96.0.1', { https: 443 }),
          ...links,
          ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
        },
        uid,
        workingDirectory: image.workingDirectory,
        files,
        hosts: ['redis.example.com'],
      };
    }

    const secrets = { 'master-key': MASTER_KEY, store: 'redis://redis.example.com:6379' };
    const ports = Object.fromEntries(service.ports.map(({ name, port }) => [name, port]));
    // `enableServiceLinks: false` keeps them away; where somebody takes it out, they do no harm.
    const links = {
      ...serviceLinks(service.name, '10.96.14.7', ports),
      ...serviceLinks('signet-management', '10.96.14.8', { metrics: 9000 }),
      ...serviceLinks('signet-redis', 'fd00::9', { '': 6379 }),
    };

    it('without service links', () => assert.equal(pod.enableServiceLinks, false));

    for (const [what, variables] of [
      ['as the manifests have it', {}],
      ['beside Services called signet, signet-management and signet-redis', links],
    ] as const) {
      it(what, async () => {
        assert.equal(container.securityContext.readOnlyRootFilesystem, true);
        const running = await start(plan(secrets, variables));
        await assertServes();
        const { startupProbe, readinessProbe, livenessProbe } = container;
        const probes = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet: { path, port } }) => {
          const number = container.ports.find(({ name }) => name === port)?.containerPort;
          return `http://127.0.0.1:${number}${path}`;
        });
        const answers = await network.get(...probes);
        assert.deepEqual(
          answers.map(({ status }) => status),
          [200, 200, 200],
        );
        await assertHealthy(running, image.healthcheck);
        await assertRoot(running);
        const [, limit] = /^(\d+)Mi$/.exec(container.resources.limits.memory) ?? [];
        assert.ok(Number.parseInt(running.status('VmHWM'), 10) / 1024 < Number(limit) / 2);
      });
    }

    it('which refuses the placeholders of secret.yaml', async () => {
      const { code, output } = await Container.run(plan(secret, {}));
      assert.equal(code, 1);
      assert.match(output, /store/);
      assert.doesNotMatch(output, /^\s+at /m);
    });
  });

  it('services of Compose: both nodes alike, and the samples', async () => {
    const compose = readCompose({
      SIGNET_MASTER_KEY: MASTER_KEY,
      SAMPLE_APP_CLIENT_SECRET: randomBytes(32).toString('hex'),
      SAMPLE_API_CLIENT_SECRET: randomBytes(32).toString('hex'),
    });
    assert.deepEqual(compose.services['signet-1'], compose.services['signet-2']);
    const { certificate } = await makeCertificate(directory, 'compose', ['login.localhost']);
    for (const [name, until] of [
      ['signet-1', SERVING],
      ['sample-api', /listening/],
      ['sample-app', /listening/],
    ] as const) {
      const service = compose.services[name];
      assert.ok(service?.read_only);
      const files: NonNullable<ContainerPlan['files']> = {
        '/etc/tls/fullchain.pem': { content: certificate, mode: 0o644 },
        ...Object.fromEntries(
          (service.configs ?? []).map(({ source, target, uid, mode }) => [
            target,
            {
              content: compose.configs[source]?.content ?? '',
              mode: Number.parseInt(String(mode), 8),
              uid: Number(uid),
            },
          ]),
        ),
        ...Object.fromEntries(
          (service.secrets ?? []).map(({ source, uid, mode }) => [
            `/run/secrets/${source}`,
            { content: MASTER_KEY, mode: Number.parseInt(String(mode), 8), uid: Number(uid) },
          ]),
        ),
      };
      const container = await start(
        {
          command: [...(service.entrypoint ?? image.entrypoint), ...(service.command ?? image.command)],
          env: { ...imageEnv, ...service.environment },
          uid: image.uid,
          workingDirectory: image.workingDirectory,
          files,
          hosts: ['redis', 'login.localhost'],
        },
        until,
      );
      const [, ...healthcheck] = service.healthcheck?.test ?? ['CMD', ...image.healthcheck];
      await assertHealthy(container, healthcheck);
      await assertRoot(container);
    }
    await assertServes('https://login.localhost');
  });

  for (const [what, credentials] of [
    ['with its keys in a directory', false],
    ['with its master key as a credential', true],
  ] as const) {
    it(`a service of systemd ${what}`, async () => {
      const unit = readUnit(credentials);
      const uid = 998;
      const [workingDirectory = ''] = unit('WorkingDirectory');
      assert.deepEqual(unit('ReadWritePaths'), [workingDirectory]);
      const data = volume(uid);
      writeFileSync(join(data, 'signet.yaml'), `issuer: ${ISSUER}\n${credentials ? 'keys: store\n' : ''}`);
      const temporary = join(directory, 'temporary');
      mkdirSync(temporary, { recursive: true });
      chmodSync(temporary, 0o1777);
      const credentialsDirectory = '/run/credentials/signet.service';
      const set = unit('Environment').map((line) => line.replace('%d', credentialsDirectory).split('='));
      const container = await start({
        command: (unit('ExecStart')[0] ?? '').split(' '),
        env: {
          LANG: 'C.UTF-8',
          PATH,
          HOME: '/home/signet',
          LOGNAME: 'signet',
          USER: 'signet',
          SHELL: '/usr/sbin/nologin',
          INVOCATION_ID: randomBytes(16).toString('hex'),
          JOURNAL_STREAM: '8:12345',
          SYSTEMD_EXEC_PID: '4711',
          NOTIFY_SOCKET: '/run/systemd/notify',
          ...(credentials && { CREDENTIALS_DIRECTORY: credentialsDirectory }),
          ...(Object.fromEntries(set) as Variables),
        },
        uid,
        workingDirectory,
        node: '/usr/bin/node',
        volumes: { [workingDirectory]: data, '/tmp': temporary },
        files: credentials
          ? { [`${credentialsDirectory}/master-key`]: { content: MASTER_KEY, mode: 0o400, uid } }
          : {},
        openFiles: Number(unit('LimitNOFILE')[0]),
        umask: unit('UMask')[0] ?? '',
      });
      await assertServes();
      assert.match(container.output, /"workers":/);
    });
  }

  it('a dyno of Heroku', async () => {
    const port = 23_456;
    const uid = 23_017;
    const container = await start({
      // A dyno has a shell for this line.
      command: ['/bin/sh', '-c', readProcfile()],
      env: {
        PATH: '/app/.heroku/node/bin:/usr/local/bin:/usr/bin:/bin',
        HOME: '/app',
        PORT: String(port),
        DYNO: 'web.1',
        PS1: '\\[\\033[01;34m\\]\\w\\[\\033[00m\\] \\$ ',
        NODE_HOME: '/app/.heroku/node',
        NODE_ENV: 'production',
        MEMORY_AVAILABLE: '512',
        WEB_MEMORY: '512',
        WEB_CONCURRENCY: '1',
        SIGNET_ISSUER: ISSUER,
        SIGNET_STORE: 'redis://redis.example.com:6379',
        SIGNET_KEYS: 'store',
        SIGNET_MASTER_KEY: MASTER_KEY,
        SIGNET_TRUSTED_PROXIES: '10.0.0.0/8',
      },
      uid,
      workingDirectory: '/app',
      program: '/app',
      programs: ['/bin/sh'],
      hosts: ['redis.example.com'],
    });
    await assertServes(ISSUER, port);
    assert.equal(container.child.exitCode, null);
  });
});
