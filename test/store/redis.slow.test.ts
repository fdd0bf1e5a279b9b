import assert from 'node:assert/strict';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { keys } from '../../src/store/redis/keys.ts';
import { slotOf } from '../../src/store/redis/durability/cluster-writes.ts';
import { digest } from '../../src/store/sealing.ts';
import type { RedisCluster } from '../support/redis-cluster.ts';
import { sharedCluster } from '../support/shared-cluster.ts';
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts';
import { eventually } from '../support/eventually.ts';
import { LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { describeStoreContract } from './contract.ts';
import { TestClock } from './store-test.ts';
import { isGrantRevoked } from './grant-probe.ts';

describe('Redis store', function () {
  this.timeout(60_000);
  let startingSentinel: Promise<RedisSentinel> | undefined;
  before(async function () {
    await needRedis(this);
    startingSentinel = startSentinel();
    // Both take seconds, during which the tests on one server run. The hooks that await them report a failure.
    for (const starting of [startingSentinel, sharedCluster()]) starting.catch(() => undefined);
  });
  after(async () => {
    await (await startingSentinel?.catch(() => undefined))?.stop();
  });

  describe('on one server', () => {
    let server: RedisServer;
    before(async () => {
      server = await startRedis();
    });
    after(() => server?.stop());
    describeStoreContract('Redis', async (clock) => {
      await server.command('flushall');
      return openStore(`redis://127.0.0.1:${server.port}`, { clock });
    });

    it('moves the jobs of a change to the outbox after a crash, once, and has them in a dump before', async () => {
      await server.command('flushall');
      const clock = new TestClock();
      const store = await openStore(`redis://127.0.0.1:${server.port}`, { clock: clock.milliseconds });
      try {
        const at = clock.now;
        const job = {
          id: 'j',
          kind: 'test',
          sealed: 'x',
          state: 'waiting',
          createdAt: at,
          since: at,
          dueAt: at,
        };
        const leave = () =>
          server.command('hset', keys.accountJobs, job.id, JSON.stringify({ ...job, attempts: 0 }));
        await leave();
        assert.equal(await store.jobs.nextDue(), undefined);
        const dumped: string[] = [];
        for await (const record of store.transfer.dump())
          if (record.type === 'job') dumped.push(record.job.id);
        clock.advance(30);
        assert.deepEqual([dumped, await store.jobs.nextDue()], [['j'], at]);
        assert.equal(await server.command('exists', keys.accountJobs), '0');
        const [claimed] = await store.jobs.claim({ limit: 9, until: clock.now + 9 });
        await store.jobs.settle(claimed ?? assert.fail('it was moved'), { outcome: 'done' });
        // As after a crash between the outbox and the hash, and the end of the job.
        await leave();
        await store.jobs.nextDue();
        assert.equal(await server.command('exists', keys.accountJobs), '0');
        assert.deepEqual(await store.jobs.claim({ limit: 9, until: clock.now + 9 }), []);
      } finally {
        await store.close();
      }
    });
  });

  describe('with Sentinel', () => {
    let sentinel: RedisSentinel;
    before(async () => {
      sentinel = await (startingSentinel ?? assert.fail('it starts before'));
    });
    // The commands are those to one server, whose replies are awaited from the replica too.
    if (LONG) {
      describeStoreContract('Redis with Sentinel', async (clock) => {
        await sentinel.flush();
        return openStore(sentinel.address, { clock });
      });
    }

    it('acknowledges no replicated write before a replica has confirmed it', async () => {
      const store = await openStore(sentinel.address, { clock: Date.now });
      const { artifacts } = store;
      const expiresAt = Math.floor(Date.now() / 1000) + 60;
      const [replica] = sentinel.replicas;
      try {
        await artifacts.upsert('RefreshToken', 'r', { payload: {}, expiresAt, grantId: 'g' });
        replica?.signal('SIGSTOP');
        await assert.rejects(artifacts.consume('RefreshToken', 'r'), StoreUnavailableError);
        await assert.rejects(artifacts.revokeGrant('h', expiresAt), StoreUnavailableError);
        await artifacts.upsert('Interaction', 'i', { payload: {}, expiresAt });
        assert.deepEqual(await artifacts.find('Interaction', 'i'), {});
        replica?.signal('SIGCONT');
        await eventually('the replica confirms', async () => {
          await artifacts.revokeGrant('h', expiresAt);
          return true;
        });
      } finally {
        replica?.signal('SIGCONT');
        await store.close();
      }
    });

    it('cannot be opened when the sentinels do not know the master', async () => {
      await assert.rejects(
        openStore(`${sentinel.address}-other`, { clock: Date.now }),
        /^StoreOpenError: the store redis\+sentinel:.*-other has no master that answers: start the sentinels, or check/,
      );
    });
  });

  describe('on a cluster', () => {
    let cluster: RedisCluster;
    before(async () => {
      cluster = await sharedCluster();
    });
    describeStoreContract('Redis Cluster', async (clock) => {
      await cluster.flush();
      return openStore(cluster.address, { clock });
    });

    it('follows a slot that moves to another master before the other nodes know of it', async () => {
      const store = await openStore(cluster.address, { clock: Date.now });
      const expiresAt = Math.floor(Date.now() / 1000) + 60;
      const [from, to, ...rest] = cluster.servers;
      assert.ok(from && to);
      const replicas = await to.command('info', 'replication');
      const others = rest.filter(({ port }) => !replicas.includes(`port=${port},`));
      const id = nameIn(0, (name) => keys.once('ReplayDetection', name));
      const other = nameIn(0, (name) => keys.artifact('Session', name));
      const slots = [slotOf(keys.once('ReplayDetection', id)), slotOf(keys.artifact('Session', other))];
      try {
        await store.artifacts.createOnce('ReplayDetection', 'connects', expiresAt);
        await cluster.flush();
        for (const server of others) server.signal('SIGSTOP');
        await moveSlots(slots, from, to);
        assert.equal(await store.artifacts.createOnce('ReplayDetection', id, expiresAt), true);
        assert.equal(await store.artifacts.createOnce('ReplayDetection', id, expiresAt), false);
        await store.artifacts.upsert('Session', other, { payload: { n: 1 }, expiresAt });
        assert.deepEqual(await store.artifacts.find('Session', other), { n: 1 });
        assert.equal(await to.command('exists', keys.artifact('Session', other)), '1');
      } finally {
        for (const server of others) server.signal('SIGCONT');
        await cluster.flush();
        await moveSlots(slots, to, from);
        await store.close();
      }
    });

    it('never makes a token valid that was written while its grant was being revoked', async () => {
      const clock = new TestClock();
      const store = await openStore(cluster.address, { clock: clock.milliseconds });
      const [tokens, grants] = cluster.servers;
      assert.ok(tokens && grants);
      try {
        const { artifacts } = store;
        const id = nameIn(0, (name) => keys.artifact('AccessToken', name));
        const grantId = nameIn(1, grantKey);
        const write = { payload: {}, expiresAt: clock.now + 1000, grantId };
        tokens.signal('SIGSTOP');
        const late = artifacts.upsert('AccessToken', id, write);
        await eventually('the write has begun', async () => {
          return (await grants.command('exists', grantKey(grantId))) === '1';
        });
        await artifacts.revokeGrant(grantId, clock.now + 10);
        tokens.signal('SIGCONT');
        await late;
        assert.equal(await tokens.command('exists', keys.artifact('AccessToken', id)), '1');
        assert.equal(await artifacts.find('AccessToken', id), undefined);
        clock.advance(20);
        assert.equal(await isGrantRevoked(artifacts, grantId), false);
        assert.equal(await artifacts.find('AccessToken', id), undefined);
        assert.equal(await artifacts.consume('AccessToken', id), false);
        await artifacts.upsert('AccessToken', id, write);
        assert.deepEqual(await artifacts.find('AccessToken', id), {});
      } finally {
        tokens.signal('SIGCONT');
        await store.close();
      }
    });
  });
});

function grantKey(grantId: string): string {
  return keys.grantEpoch(digest('grant', 'Grant', grantId).toString('base64url'));
}

/** A name whose key is in a slot of the given master, one of three. */
function nameIn(master: number, keyOf: (name: string) => string): string {
  for (let n = 0; ; n++) {
    if (Math.floor((slotOf(keyOf(`name-${n}`)) * 3) / 16_384) === master) return `name-${n}`;
  }
}

/** Moves empty slots, with the commands of the cluster specification. */
async function moveSlots(slots: readonly number[], from: RedisServer, to: RedisServer): Promise<void> {
  const [source, target] = await Promise.all([
    from.command('cluster', 'myid'),
    to.command('cluster', 'myid'),
  ]);
  for (const slot of slots.map(String)) {
    await to.command('cluster', 'setslot', slot, 'importing', source);
    await from.command('cluster', 'setslot', slot, 'migrating', target);
    await to.command('cluster', 'setslot', slot, 'node', target);
    await from.command('cluster', 'setslot', slot, 'node', target);
  }
}
