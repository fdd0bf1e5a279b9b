import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { StoreOpenError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { findOrInstall } from '../support/find-or-install.ts';
import { startCluster } from '../support/redis-cluster.ts';
import { freePort } from '../support/free-port.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { skip } from '../support/skip.ts';
import { temporaryDirectory } from './temporary-directory.ts';

describe('Opening a Redis store', function () {
  this.timeout(60_000);
  const path = temporaryDirectory();
  let server: RedisServer;
  before(async function () {
    await needRedis(this);
    server = await startRedis({ requirepass: 'hunter2' });
  });
  after(() => server?.stop());

  const options = { clock: Date.now };
  const address = (query = '', credentials = ':hunter2@') =>
    `redis://${credentials}127.0.0.1:${server.port}${query}`;
  const configure = (name: string, value: string) =>
    server.commandAs('hunter2', 'config', 'set', name, value);

  async function opens(text: string, production = true): Promise<void> {
    const store = await openStore(text, { ...options, production });
    await store.ping();
    await store.close();
  }

  async function refuses(text: string, message: RegExp): Promise<void> {
    await assert.rejects(openStore(text, options), (error: unknown) => {
      assert.ok(error instanceof StoreOpenError, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /hunter2|\n|\.$/);
      return true;
    });
  }

  it('succeeds with the right password', async () => {
    await opens(address());
    await refuses(address('', ''), /rejects the user or password \(NOAUTH/);
    await refuses(address('', ':hunter22@'), /rejects the user or password \(WRONGPASS/);
    await refuses(address('', 'nobody:hunter2@'), /rejects the user or password \(WRONGPASS/);
  });

  it('fails when no server answers, with the address in the message', async () => {
    const port = await freePort();
    await refuses(
      `redis://:hunter2@127.0.0.1:${port}`,
      new RegExp(`127\\.0\\.0\\.1:${port} does not answer .*: start it`),
    );
    await refuses(`redis+cluster://:hunter2@127.0.0.1:${port}`, /does not answer/);
  });

  it('R07 fails for an eviction policy that can evict revocations, unless the address allows it', async () => {
    for (const policy of ['allkeys-lru', 'volatile-ttl', 'volatile-random']) {
      await configure('maxmemory-policy', policy);
      await refuses(
        address(),
        new RegExp(
          `maxmemory-policy ${policy}.*: set maxmemory-policy noeviction, or add allow-eviction=yes`,
        ),
      );
    }
    await opens(address('?allow-eviction=yes'));
    await configure('maxmemory-policy', 'noeviction');
  });

  it('fails without an append-only file in production, unless the address allows it', async () => {
    await configure('appendonly', 'no');
    await refuses(address(), /loses acknowledged writes.*: set appendonly yes, or add allow-no-aof=yes/);
    await opens(address('?allow-no-aof=yes'));
    await opens(address(), false);
    await configure('appendonly', 'yes');
  });

  it('needs no permission for CONFIG, and names the options to set when INFO is forbidden too', async () => {
    const acl = (...rules: string[]) => server.commandAs('hunter2', 'acl', 'setuser', 'signet', ...rules);
    await acl('on', '>hunter2', '~signet:*', '+@all', '-@admin', '-@dangerous', '+info');
    await opens(address('', 'signet:hunter2@'));
    await acl('-info');
    const { warn } = console;
    console.warn = () => {}; // The client warns that it cannot tell whether Redis is still loading.
    try {
      const overrides = ['wait=1', 'allow-eviction=yes', 'allow-no-aof=yes'];
      for (const missing of overrides) {
        const query = `?${overrides.filter((override) => override !== missing).join('&')}`;
        const message = /run INFO: allow it, or add wait=…, allow-eviction=yes and allow-no-aof=yes/;
        await refuses(address(query, 'signet:hunter2@'), message);
      }
      await opens(address(`?${overrides.join('&')}`, 'signet:hunter2@'));
    } finally {
      console.warn = warn;
    }
  });

  it('fails for a replica, and for a server that is not a cluster', async () => {
    await refuses(
      `redis+cluster://:hunter2@127.0.0.1:${server.port}`,
      /does not answer \(.*cluster support disabled\)/,
    );
    await refuses(`redis+cluster://127.0.0.1:${server.port}`, /rejects the user or password \(NOAUTH/);
    await server.commandAs('hunter2', 'replicaof', '127.0.0.1', String(await freePort()));
    await refuses(address(), /is a replica: name its master/);
    await server.commandAs('hunter2', 'replicaof', 'no', 'one');
  });

  it('checks every master of a cluster', async () => {
    const cluster = await startCluster();
    try {
      await opens(cluster.address);
      await refuses(
        `redis://127.0.0.1:${cluster.servers[0]?.port}`,
        /is a node of a cluster: name it with redis\+cluster:/,
      );
      await cluster.servers[2]?.command('config', 'set', 'maxmemory-policy', 'allkeys-lru');
      await refuses(cluster.address, new RegExp(`127.0.0.1:${cluster.servers[2]?.port} .*allkeys-lru`));
    } finally {
      await cluster.stop();
    }
  });

  it('with rediss:// accepts only certificates that Node trusts', async function () {
    const openssl = await findOrInstall(['openssl'], 'openssl');
    if (openssl === undefined) skip(this, 'openssl is missing', 'apt-get install openssl');
    const [certificate, key] = [path('certificate.pem'), path('key.pem')];
    await run(openssl, [...SELF_SIGNED, '-out', certificate, '-keyout', key]);
    const port = await freePort();
    const files = { 'tls-cert-file': certificate, 'tls-key-file': key, 'tls-auth-clients': 'no' };
    const secure = await startRedis({ ...files, 'tls-port': String(port) });
    const trusted = getCACertificates();
    try {
      // One in twenty sockets emits a second error after that, which must not end the process.
      const attempts = Array.from({ length: 60 }, () =>
        refuses(`rediss://127.0.0.1:${port}`, /does not answer \(self-signed certificate/),
      );
      await Promise.all(attempts);
      setDefaultCACertificates([...trusted, readFileSync(certificate, 'utf8')]);
      await opens(`rediss://127.0.0.1:${port}`);
    } finally {
      setDefaultCACertificates(trusted);
      await secure.stop();
    }
  });
});

const run = promisify(execFile);

const SELF_SIGNED =
  'req -x509 -nodes -days 1 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1'.split(
    ' ',
  );
