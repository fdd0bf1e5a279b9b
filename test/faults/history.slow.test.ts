import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorizationRequest, signIn } from '../support/flow.ts';
import { violationsOf } from '../support/history.ts';
import { portsOfNodes } from '../support/redis-nodes.ts';
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts';
import { eventually } from '../support/eventually.ts';
import { itLong, LONG } from '../support/long-form.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { figure } from '../support/reporter.ts';
import { Supervisor } from '../support/supervisor.ts';
import { freeIssuer, isAlive } from '../support/worker-processes.ts';
import { HistoryLoad } from './history-load.ts';
import { configureRaces } from './races.ts';

const ROUNDS = LONG ? 10 : 1;
/** Milliseconds of load before each fault. */
const CALM = LONG ? 2000 : 400;
const PEOPLE = LONG ? 6 : 3;
/** In the short form, pauses leave the processor to what starts again. */
const PAUSE = LONG ? 0 : 200;

describe('a history of requests and responses keeps the guarantees of the store', function () {
  this.timeout(40_000 + 20_000 * ROUNDS);
  let directory: string;
  let issuer: string;
  let ports: number[];
  let nodes: Supervisor[];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'signet-history-'));
    configureRaces(directory);
    issuer = await freeIssuer();
    nodes = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    rmSync(directory, { recursive: true, force: true });
  });

  /**
   * The first is the address of the issuer.
   * @param workers of each; 0: a node is one process
   */
  async function startNodes(
    count: number,
    workers: number,
    env: Record<string, string>,
  ): Promise<Supervisor> {
    ports = await portsOfNodes(issuer, count);
    const args = workers === 0 ? [] : ['--workers', String(workers)];
    const start = (port: number): Promise<Supervisor> =>
      Supervisor.start(directory, args, {
        SIGNET_ISSUER: issuer,
        SIGNET_PORT: String(port),
        ...env,
      });
    nodes = await Promise.all(ports.map(start));
    return nodes[0] as Supervisor;
  }

  const onRedis = (address: string): Record<string, string> => ({
    SIGNET_STORE: address,
    SIGNET_KEYS: 'store',
    SIGNET_MASTER_KEY: randomBytes(32).toString('base64'),
  });

  /** @param faults each is followed by a period of load */
  async function survive(what: string, faults: readonly (() => Promise<unknown>)[]): Promise<void> {
    const { agent } = await signIn(issuer);
    const load = new HistoryLoad({ issuer, ports, people: PEOPLE, pause: PAUSE });
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const fault of faults) {
        await sleep(CALM);
        await fault();
      }
    }
    await sleep(CALM);
    await load.finish();
    const { history } = load;
    assert.deepEqual(violationsOf(history.attempts), []);
    const [yes, no, open] = [history.count('success'), history.count('refused'), history.count('unknown')];
    const { url } = await agent.follow(authorizationRequest(issuer, { prompt: 'none' }).url);
    assert.ok(url.searchParams.has('code'), 'a session was lost');
    assert.ok(yes > 10 && no > 0, `${yes} successes and ${no} refusals show nothing`);
    figure(`history, ${ROUNDS} × ${what}: ${yes} successes, ${no} refusals, ${open} left open; no violation`);
  }

  async function killWorker({ processes }: Supervisor): Promise<void> {
    const served = processes.count('worker 1 serves');
    process.kill(processes.pids.get(1) as number, 'SIGKILL');
    await processes.said('worker 1 serves', served + 1);
  }

  it('R01 R02 R08 when a worker and the server are killed, on SQLite', async () => {
    const node = await startNodes(1, LONG ? 2 : 1, {});
    await survive('kill -9 of a worker and of the server, SQLite', [
      ...(LONG ? [() => killWorker(node)] : []),
      async () => {
        const workers = [...node.processes.pids.values()];
        await node.killPrimary();
        assert.deepEqual(workers.filter(isAlive), [], 'an orphan may hold the port');
      },
    ]);
  });

  describe('on Redis', () => {
    let redis: RedisServer | undefined;
    let sentinel: RedisSentinel | undefined;

    before(async function () {
      await needRedis(this);
    });
    afterEach(async () => {
      await redis?.stop();
      await sentinel?.stop();
    });

    it('R01 R02 R05 when a worker, a node and Redis are killed, on two nodes', async () => {
      const server = await startRedis({ appendfsync: 'always' });
      redis = server;
      const node = await startNodes(2, LONG ? 2 : 0, onRedis(`redis://127.0.0.1:${server.port}`));
      await survive('kill -9 of a worker, of a node and of Redis (AOF), 2 nodes', [
        ...(LONG ? [() => killWorker(node)] : []),
        () => node.killPrimary(),
        async () => {
          await server.kill();
          await sleep(200);
          await server.restart();
        },
      ]);
    });

    itLong('R06 when Redis fails over to a replica that was stalled', async () => {
      const started = await startSentinel();
      sentinel = started;
      await startNodes(2, 1, onRedis(started.address));
      const [replica] = started.replicas;
      const load = new HistoryLoad({ issuer, ports, people: PEOPLE, pause: PAUSE });
      await sleep(CALM);
      replica?.signal('SIGSTOP');
      await sleep(1500);
      await started.master.kill();
      replica?.signal('SIGCONT');
      await eventually(
        'the replica is master',
        async () => (await started.currentMaster()) === replica?.port,
      );
      await sleep(4 * CALM);
      await load.finish();
      assert.deepEqual(violationsOf(load.history.attempts), []);
      figure(
        `history, failover with a stalled replica, 2 nodes: ${load.history.count('success')} successes, no violation`,
      );
    });
  });
});
