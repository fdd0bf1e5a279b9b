import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../src/store/open.ts';
import { parseAddress } from '../../src/store/redis/connection/address.ts';
import { createServerClient, reconnect } from '../../src/store/redis/connection/client.ts';
import type { Store } from '../../src/store/store.ts';
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts';
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts';
import { eventually } from '../support/eventually.ts';
import { itLong } from '../support/long-form.ts';
import { needRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { Load } from './redis-load.ts';

const expiresAt = Math.floor(Date.now() / 1000) + 3600;

describe('A failover of Redis', function () {
  this.timeout(60_000);
  let startingCluster: Promise<RedisCluster> | undefined;
  before(async function () {
    await needRedis(this);
    startingCluster = startCluster(1);
    // It takes seconds, during which the test with Sentinel runs. The hook that awaits it reports a failure.
    startingCluster.catch(() => undefined);
  });
  after(async () => {
    await (await startingCluster?.catch(() => undefined))?.stop();
  });

  describe('with Sentinel', () => {
    let sentinel: RedisSentinel;
    let store: Store;
    const start = async () => {
      sentinel = await startSentinel();
      store = await openStore(sentinel.address, { clock: Date.now });
    };
    const stop = async () => {
      await store?.close();
      await sentinel?.stop();
    };
    before(start);
    after(stop);

    it('R06 loses no acknowledged write after a replica was stalled', async () => {
      const [replica] = sentinel.replicas;
      const load = new Load(store);
      await delay(300);
      replica?.signal('SIGSTOP');
      await delay(1500);
      await sentinel.master.kill();
      replica?.signal('SIGCONT');
      await eventually(
        'the replica is master',
        async () => (await sentinel.currentMaster()) === replica?.port,
      );
      await eventually('the store is back', () => isBack(store));
      await delay(300);
      await load.stop();
      const checked = await load.check();
      assert.ok(load.failures > 0);
      figure(
        `R06 Sentinel failover with a stalled replica: ${checked} acknowledged writes, none lost; longest gap ${(load.longestGap / 1000).toFixed(1)} s, slowest error ${load.slowestFailure.toFixed(0)} ms`,
      );
    });

    it('R06 keeps a client that is asking the sentinels when they report a new master', async () => {
      const { sentinels } = sentinel;
      const client = createServerClient(parseAddress(sentinel.address));
      try {
        for (const process of sentinels) process.signal('SIGSTOP');
        client.connect().catch(() => {});
        assert.equal(client.status, 'connecting');
        reconnect(client);
        for (const process of sentinels) process.signal('SIGCONT');
        await eventually('the client is connected', async () => (await client.ping()) === 'PONG');
      } finally {
        client.disconnect();
      }
    });

    // The other two tests freeze and cut off servers as well; this one takes as long as both together, and needs the first master.
    itLong(
      'R06 disconnects from a replaced frozen master, also on an idle node, and also when that master resumes',
      async () => {
        await stop();
        await start();
        const { artifacts } = store;
        const idle = await openStore(sentinel.address, { clock: Date.now });
        try {
          for (const id of ['consumed', 'revoked']) {
            await artifacts.upsert('RefreshToken', id, { payload: {}, expiresAt, grantId: id });
          }
          sentinel.master.signal('SIGSTOP');
          const replica = sentinel.replicas[0]?.port;
          await eventually('the replica is master', async () => (await sentinel.currentMaster()) === replica);
          await eventually('the store is back', () => isBack(store));
          assert.equal(await artifacts.consume('RefreshToken', 'consumed'), true);
          await artifacts.revokeGrant('revoked', expiresAt);
          sentinel.master.signal('SIGCONT');
          await eventually('the idle node is back', () => isBack(idle));
          assert.equal(await sentinel.master.command('role').then((role) => role.startsWith('master')), true);
          assert.equal(await idle.artifacts.consume('RefreshToken', 'consumed'), false);
          assert.equal(await idle.artifacts.find('RefreshToken', 'revoked'), undefined);
        } finally {
          await idle.close();
        }
      },
    );
  });

  describe('in a cluster', () => {
    let cluster: RedisCluster;
    let store: Store;
    before(async () => {
      cluster = await (startingCluster ?? assert.fail('it starts before'));
      store = await openStore(`${cluster.address}?wait=1`, { clock: Date.now });
    });
    after(() => store?.close());

    it('R06 loses no acknowledged write with wait=1 after the replica of a killed master was cut off', async () => {
      const [master] = cluster.servers;
      assert.ok(master);
      const [, port] = /^slave0:.*port=(\d+)/m.exec(await master.command('info', 'replication')) ?? [];
      const replica = cluster.servers.find((server) => server.port === Number(port));
      const load = new Load(store);
      await delay(300);
      replica?.signal('SIGSTOP');
      await master.command('client', 'kill', 'type', 'replica');
      await delay(700);
      await master.kill();
      replica?.signal('SIGCONT');
      await eventually('a replica takes over', async () => {
        const nodes = (await cluster.servers[1]?.command('cluster', 'nodes')) ?? '';
        return /master,fail /.test(nodes) && nodes.match(/master - .*connected \d/g)?.length === 3;
      });
      await master.restart();
      await eventually('the store is back', () => isBack(store));
      await delay(300);
      await load.stop();
      const checked = await load.check();
      assert.ok(load.failures > 0);
      figure(
        `R06 Cluster failover with a replica that was cut off, wait=1: ${checked} acknowledged writes, none lost; slowest error ${load.slowestFailure.toFixed(0)} ms`,
      );
    });
  });
});

/** Whether every connection answers, and in a cluster every server. */
async function isBack(store: Store): Promise<boolean> {
  const { artifacts } = store;
  const ids = Array.from({ length: 20 }, (_, index) => `probe-${index}`);
  await Promise.all(ids.map((id) => artifacts.find('Session', id)));
  await Promise.all(ids.map((id) => artifacts.destroy('Session', id)));
  await store.ping();
  return true;
}
