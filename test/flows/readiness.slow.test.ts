import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import { withClock } from '../support/clock.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('/readyz and /healthz', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer({ management: { port: 0, hosts: ['signet.internal'] } });
  });
  afterEach(() => server.stop());

  const ask = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${server.running.managementPort}${path}`);
    return [response.status, await response.text()];
  };
  const healthy = async (): Promise<void> => assert.deepEqual(await ask('/healthz'), [200, 'ok\n']);
  const ready = async (): Promise<void> => assert.deepEqual(await ask('/readyz'), [200, 'ready\n']);
  const keyPath = (): string => join(server.config.keys, readdirSync(server.config.keys)[0] as string);

  it('report not ready while the keys cannot be read', async () => {
    const path = keyPath();
    const content = readFileSync(path);
    writeFileSync(path, 'damaged');
    await server.running.followKeys();
    for (let probe = 0; probe < 3; probe++) {
      assert.deepEqual(await ask('/readyz'), [
        503,
        `not ready: ${path} is not a private signing key; restore it from a backup or move it away\n`,
      ]);
    }
    await healthy();
    writeFileSync(path, content);
    await server.running.followKeys();
    await ready();
    await ready();
    assert.deepEqual(changesLogged(server), ['not ready', 'ready again'], 'once for each change');
  });

  it('report not ready without a signing key', async () => {
    await withClock(async (clock) => {
      const path = keyPath();
      const key = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      const now = Math.floor(Date.now() / 1000);
      writeFileSync(path, JSON.stringify({ ...key, retiresAt: now + 10, goneAt: now + 5000 }));
      await server.running.followKeys();
      await ready();
      clock.advance(20);
      await server.running.followKeys();
      assert.deepEqual(await ask('/readyz'), [
        503,
        'not ready: no key of the ring may sign with RS256 now; all are announced, retired or gone\n',
      ]);
      await healthy();
    });
  });

  it('report not ready after the database file was removed, and after it was replaced', async () => {
    const path = server.config.store.slice('sqlite:'.length);
    renameSync(path, `${path}.away`);
    assert.deepEqual(await ask('/readyz'), [
      503,
      'not ready: the store was emptied or removed under this server: restore a backup, then restart it\n',
    ]);
    await healthy();
    const other = await openStore(`sqlite:${path}.other`, { clock: Date.now });
    await other.close();
    renameSync(`${path}.other`, path);
    assert.deepEqual(await ask('/readyz'), [
      503,
      'not ready: the store was replaced by another one under this server: restart it\n',
    ]);
    rmSync(path);
    renameSync(`${path}.away`, path);
    await ready();
  });

  it('report not ready when a property of Object.prototype makes every request fail', async () => {
    // A property that koa sets for every request.
    Reflect.defineProperty(Object.prototype, 'traceId', { get: () => undefined, configurable: true });
    const seen: unknown[] = [];
    try {
      seen.push((await fetch(`${server.issuer}/jwks`)).status, await ask('/readyz'), await ask('/healthz'));
    } finally {
      Reflect.deleteProperty(Object.prototype, 'traceId');
    }
    const reason = 'this process answers its own requests with 500: restart it\n';
    assert.deepEqual(seen, [500, [503, `not ready: ${reason}`], [503, `not healthy: ${reason}`]]);
    await ready();
    await healthy();
  });

  it('are neither logged nor counted as requests', async () => {
    await ready();
    await healthy();
    assert.doesNotMatch(server.logged, /"route":/);
    const [, metrics] = await ask('/metrics');
    const requests = [...metrics.matchAll(/^signet_http_request_duration_seconds_count\{(.+)\} (\d+)$/gm)];
    assert.deepEqual(
      requests.map(([, labels, count]) => [labels, count]),
      [['route="self_test",method="GET",status="200"', '2']],
    );
  });

  it('work behind a proxy', async () => {
    const behind = await startTestServer({
      issuer: 'https://login.example.com',
      port: 0,
      trustedProxies: ['127.0.0.1'],
    });
    try {
      await behind.running.ready();
      await behind.running.alive();
    } finally {
      await behind.stop();
    }
  });

  it('accept the host names of the configuration, in upper and lower case', async () => {
    const { request } = await import('node:http');
    const status = (host: string) =>
      new Promise((resolve, reject) => {
        request(
          { port: server.running.managementPort, host: '127.0.0.1', path: '/readyz', headers: { host } },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        )
          .on('error', reject)
          .end();
      });
    assert.deepEqual(
      await Promise.all(['signet.internal:9000', 'Signet.Internal', 'other.internal'].map(status)),
      [200, 200, 421],
    );
  });
});

function changesLogged(server: TestServer): string[] {
  return server.logged
    .split('\n')
    .flatMap((line) => /"msg":"((?:not ready|ready again))"/.exec(line)?.[1] ?? []);
}
