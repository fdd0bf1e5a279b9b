import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Container } from '../support/container.ts';
import { itLong } from '../support/long-form.ts';
import { serviceLinks } from '../support/service-links.ts';
import { readKubernetes, type Variables } from './deployment-files.ts';
import { assertHealthy, assertReadOnly, image, imageEnv, MASTER_KEY, usePlatform } from './platform.ts';

describe('Signet runs as a pod of Kubernetes', function () {
  this.timeout(60_000);
  const platform = usePlatform();
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

  for (const [what, variables, define] of [
    // The other case has all of its variables, and more.
    ['as the manifests have it', {}, itLong],
    ['beside Services called signet, signet-management and signet-redis', links, it],
  ] as const) {
    define(what, async () => {
      assert.equal(pod.enableServiceLinks, false);
      assert.equal(container.securityContext.readOnlyRootFilesystem, true);
      const running = await platform.run(plan(secrets, variables));
      await platform.assertServes();
      const { startupProbe, readinessProbe, livenessProbe } = container;
      const probes = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet: { path, port } }) => {
        const number = container.ports.find(({ name }) => name === port)?.containerPort;
        return `http://127.0.0.1:${number}${path}`;
      });
      const answers = await platform.network.get(...probes);
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      );
      await assertHealthy(running, image.healthcheck);
      await assertReadOnly(running);
      const [, limit] = /^(\d+)Mi$/.exec(container.resources.limits.memory) ?? [];
      assert.ok(Number.parseInt(running.status('VmHWM'), 10) / 1024 < Number(limit) / 2);
    });
  }

  it('which refuses the placeholders of secret.yaml', async () => {
    const { code, output } = await Container.run({ network: platform.network, ...plan(secret, {}) });
    assert.equal(code, 1);
    assert.match(output, /store/);
    assert.doesNotMatch(output, /^\s+at /m);
  });
});
