import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withClock } from '../support/clock.ts';
import { MACHINE, token } from '../support/flow.ts';
import { eventually } from '../support/eventually.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { startTestServer } from '../support/server.ts';
import { startServerProcess } from '../support/server-process.ts';
import { freeIssuer, WorkerProcesses } from '../support/worker-processes.ts';

const EMPTIED =
  'not ready: the store was emptied or removed under this server: restore a backup, then restart it\n';
const REPLACED = 'not ready: the store was replaced by another one under this server: restart it\n';
/** Text of the warning that a store was lost. */
const LOST = /was it lost/;
const LOST_WARNING =
  /"level":"?(?:40|warn)"?.*the store is empty, but the keys in \S+ are not new: was it lost/;

describe('a store that is emptied while servers use it', function () {
  this.timeout(60_000);
  let directory: string;
  let redis: RedisServer;
  const production = (): Record<string, string> => ({
    SIGNET_ISSUER: 'https://login.example.com',
    SIGNET_PORT: '0',
    SIGNET_MASTER_KEY: randomBytes(32).toString('base64'),
  });
  const inRedis = (): Record<string, string> => ({
    SIGNET_KEYS: 'store',
    SIGNET_STORE: `redis://127.0.0.1:${redis.port}`,
  });

  before(async function () {
    await needRedis(this);
    directory = mkdtempSync(join(tmpdir(), 'signet-'));
    redis = await startRedis();
  });
  after(async () => {
    await redis?.stop();
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  });

  for (const inStore of [true, false]) {
    it(`by flushall: /readyz fails, with keys ${inStore ? 'in the store' : 'in files'}`, async () => {
      await redis.command('flushall');
      const keys = inStore ? { keys: 'store', masterKey: randomBytes(32).toString('base64') } : {};
      const server = await startTestServer({ store: `redis://127.0.0.1:${redis.port}`, ...keys });
      const ready = async (): Promise<string> =>
        await (await fetch(`http://127.0.0.1:${server.running.managementPort}/readyz`)).text();
      try {
        assert.equal(await ready(), 'ready\n');
        await redis.command('flushall');
        assert.equal(await ready(), EMPTIED);
        const { response } = await token(server.issuer, { grant_type: 'client_credentials' }, MACHINE);
        assert.equal(response.status, 401, 'the clients are gone');
        const second = await startTestServer({ store: `redis://127.0.0.1:${redis.port}`, ...keys });
        assert.equal(await ready(), REPLACED);
        await second.stop();
        await server.restart();
        assert.equal(await ready(), 'ready\n');
      } finally {
        await server.stop();
      }
    });
  }

  describe('by workers on Redis', () => {
    let primary: WorkerProcesses;
    before(async () => {
      await redis.command('flushall');
      primary = await WorkerProcesses.start(directory, ['--workers', '2'], {
        ...production(),
        ...inRedis(),
      });
    });
    after(() => primary?.end());

    it('is not taken for lost at their first start', () => {
      assert.doesNotMatch(primary.output, LOST);
    });

    it('by flushall: /readyz fails until they are replaced', async () => {
      assert.deepEqual(await primary.get('/readyz'), { status: 200, text: 'ready\n' });
      await redis.command('flushall');
      assert.deepEqual(await primary.get('/readyz'), { status: 503, text: EMPTIED });
      assert.deepEqual(await primary.get('/healthz'), { status: 200, text: 'ok\n' });
      const reloaded = primary.said('reloaded');
      primary.signal('SIGHUP');
      await reloaded;
      assert.deepEqual(await primary.get('/readyz'), { status: 200, text: 'ready\n' });
    });
  });

  describe('the warning about a lost store', () => {
    it('is not logged at the first start of workers on a file', async () => {
      const primary = await WorkerProcesses.start(directory, ['--workers', '2'], production());
      await primary.end();
      assert.doesNotMatch(primary.output, LOST);
    });

    it('is not logged at the first start of nodes', async () => {
      const env = { ...production(), ...inRedis() };
      await redis.command('flushall');
      const nodes = await Promise.all([1, 2].map(() => startServerProcess(directory, env)));
      await Promise.all(nodes.map((node) => node.end('SIGINT')));
      for (const node of nodes) assert.doesNotMatch(node.output, LOST);
    });

    it('is logged when the keys are older than the store', async () => {
      const server = await startTestServer({ demo: false });
      try {
        await withClock(async (clock) => {
          clock.advance(86_400);
          await server.restart();
          assert.doesNotMatch(server.logged, LOST);
          rmSync(join(server.directory, 'signet.db'));
          await server.restart();
          assert.match(server.logged, LOST_WARNING);
        });
      } finally {
        await server.stop();
      }
    });
  });
});

describe('a worker in which every request fails', function () {
  this.timeout(60_000);

  it('is replaced', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'signet-'));
    // Every request needs an id.
    const sabotage = `import crypto from 'node:crypto';
      import { syncBuiltinESMExports } from 'node:module';
      process.on('SIGUSR2', () => {
        crypto.randomUUID = () => { throw new Error('broken'); };
        syncBuiltinESMExports();
      });`;
    const issuer = await freeIssuer();
    const primary = await WorkerProcesses.start(directory, ['--workers', '1'], {
      SIGNET_ISSUER: issuer,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(sabotage)}`,
    });
    try {
      const pid = primary.pids.get(1) as number;
      process.kill(pid, 'SIGUSR2');
      assert.equal(
        (await primary.said('replacing worker 1')).why,
        'this process answers its own requests with 500: restart it',
      );
      await eventually('another worker serves', async () => primary.pids.get(1) !== pid);
      assert.equal((await fetch(`${issuer}/jwks`)).status, 200);
      assert.deepEqual(await primary.get('/healthz'), { status: 200, text: 'ok\n' });
    } finally {
      await primary.end();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
