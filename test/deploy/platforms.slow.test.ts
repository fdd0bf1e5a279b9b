import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerPlan } from '../support/container.ts';
import { itLong } from '../support/long-form.ts';
import { makeCertificate } from '../support/nginx.ts';
import { readCompose, readProcfile, readUnit, type Variables } from './deployment-files.ts';
import {
  assertHealthy,
  assertReadOnly,
  image,
  imageEnv,
  ISSUER,
  MASTER_KEY,
  PATH,
  SERVING,
  usePlatform,
} from './platform.ts';

/** Each deployment file, started as its platform would: its variables and those of the platform, its user, root and limits. */
describe('Signet runs as', function () {
  this.timeout(60_000);
  const platform = usePlatform();

  it('a container of the image with a volume: docker run, as in docs/deploy.md', async () => {
    const container = await platform.run({
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
      volumes: { [image.workingDirectory]: platform.volume(image.uid) },
    });
    await platform.assertServes();
    await assertHealthy(container, image.healthcheck);
    await container.stop();
    const { code } = await container.execute(image.healthcheck);
    assert.equal(code, 1);
  });

  it('services of Compose: both nodes alike, and the samples', async () => {
    const compose = readCompose({
      SIGNET_MASTER_KEY: MASTER_KEY,
      SAMPLE_APP_CLIENT_SECRET: randomBytes(32).toString('hex'),
      SAMPLE_API_CLIENT_SECRET: randomBytes(32).toString('hex'),
    });
    assert.deepEqual(compose.services['signet-1'], compose.services['signet-2']);
    const { certificate } = await makeCertificate(platform.directory, 'compose', ['login.localhost']);
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
      const container = await platform.run(
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
      await assertReadOnly(container);
    }
    await platform.assertServes('https://login.localhost');
  });

  for (const [what, credentials, define] of [
    // In the short form, the volume of the container has keys in a directory.
    ['with its keys in a directory', false, itLong],
    ['with its master key as a credential', true, it],
  ] as const) {
    define(`a service of systemd ${what}`, async () => {
      const unit = readUnit(credentials);
      const uid = 998;
      const [workingDirectory = ''] = unit('WorkingDirectory');
      assert.deepEqual(unit('ReadWritePaths'), [workingDirectory]);
      const data = platform.volume(uid);
      writeFileSync(join(data, 'signet.yaml'), `issuer: ${ISSUER}\n${credentials ? 'keys: store\n' : ''}`);
      const temporary = join(platform.directory, 'temporary');
      mkdirSync(temporary, { recursive: true });
      chmodSync(temporary, 0o1777);
      const credentialsDirectory = '/run/credentials/signet.service';
      const set = unit('Environment').map((line) => line.replace('%d', credentialsDirectory).split('='));
      const container = await platform.run({
        command: (unit('ExecStart')[0] ?? '').split(' '),
        env: {
          LANG: 'C.UTF-8',
          PATH,
          HOME: '/srv/signet',
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
        // So that `--workers auto` is one.
        processors: 1,
        openFiles: Number(unit('LimitNOFILE')[0]),
        umask: unit('UMask')[0] ?? '',
      });
      await platform.assertServes();
      assert.match(container.output, /"workers":1,/);
    });
  }

  it('a dyno of Heroku', async () => {
    const port = 23_456;
    const uid = 23_017;
    const container = await platform.run({
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
    await platform.assertServes(ISSUER, port);
    assert.equal(container.child.exitCode, null);
  });
});
