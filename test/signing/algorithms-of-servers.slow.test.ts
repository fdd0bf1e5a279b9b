import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { JWK } from 'jose';
import { Redis } from 'ioredis';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/signing/algorithms.ts';
import type { KeyDescription } from '../../src/signing/key-list.ts';
import { Workplace } from '../cli/run-signet.ts';
import { eventually } from '../support/eventually.ts';
import { portsOfNodes, startRedisNodes } from '../support/redis-nodes.ts';
import { needRedis } from '../support/redis-server.ts';
import { placeSigningKeys } from '../support/signing-key.ts';
import { freeIssuer, isAlive, WorkerProcesses } from '../support/worker-processes.ts';

const ALL = SIGNING_ALGORITHMS.join(',');

/** @param port of a node, which answers under the name of the issuer only */
async function published(issuer: string, port = new URL(issuer).port): Promise<JWK[]> {
  const { host } = new URL(issuer);
  const request = get({ host: '127.0.0.1', port, path: '/jwks', headers: { host }, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return ((await json(response)) as { keys: JWK[] }).keys;
}

const sorted = (texts: readonly (string | undefined)[]) =>
  texts.toSorted((a = '', b = '') => (a < b ? -1 : 1));
const algorithmsOf = (keys: readonly { alg?: string }[]) => sorted(keys.map(({ alg }) => alg));

describe('Servers with several signing algorithms', function () {
  this.timeout(60_000);
  let place: Workplace;
  let workers: WorkerProcesses | undefined;
  beforeEach(() => {
    place = new Workplace({ store: false, ownProcess: false });
    workers = undefined;
  });
  afterEach(async () => {
    await workers?.end('SIGKILL');
    place.remove();
  });

  const start = async (issuer: string, algorithms: string) => {
    const env = { SIGNET_ISSUER: issuer, SIGNET_SIGNING_ALGORITHMS: algorithms };
    workers = await WorkerProcesses.start(place.directory, ['--workers', '2'], env);
  };
  const list = async () => (await place.json('keys', 'list')) as KeyDescription[];
  const states = async (alg: SigningAlgorithm) =>
    (await list()).filter((key) => key.alg === alg).map(({ state }) => state);

  it('workers share the keys of each algorithm, which sign from the first start, also after a kill -9', async () => {
    const issuer = await freeIssuer();
    await start(issuer, ALL);
    const keys = await published(issuer);
    assert.deepEqual(algorithmsOf(keys), sorted(SIGNING_ALGORITHMS));
    for (let request = 0; request < 20; request += 1) assert.deepEqual(await published(issuer), keys);
    const listed = await list();
    assert.deepEqual(
      listed.map(({ alg }) => alg),
      [...SIGNING_ALGORITHMS],
    );
    assert.ok(listed.every(({ state, number }) => state === 'signing' && number === 1));
    const pids = [...(workers?.pids.values() ?? [])];
    await workers?.end('SIGKILL');
    await eventually('the workers end with their primary', async () => !pids.some(isAlive));
    await start(issuer, ALL);
    assert.deepEqual(await published(issuer), keys);
  });

  it('an added algorithm is announced by the next start and listed; keys rotate has it sign at once', async () => {
    const issuer = await freeIssuer();
    await placeSigningKeys(join(place.directory, 'keys'), ['RS256']);
    await start(issuer, 'RS256,ES256');
    assert.equal(workers?.count('made a new signing key'), 1);
    assert.deepEqual(await states('ES256'), ['announced']);
    const env = { SIGNET_SIGNING_ALGORITHMS: 'RS256,ES256' };
    const rotate = (...options: string[]) => place.run(['keys', 'rotate', ...options], { env });
    const promoted = await rotate('--alg', 'ES256', '--now');
    assert.match(promoted.stdout, /^\S+ was announced already: it signs now\n$/);
    assert.deepEqual([await states('ES256'), await states('RS256')], [['signing'], ['signing']]);
    const announced = await rotate('--alg', 'ES256');
    assert.match(announced.stdout, /^announced \S+\nit signs from \S+\n$/);
    await eventually('the workers publish it', async () => (await published(issuer)).length === 3);
    assert.deepEqual([await states('ES256'), await states('RS256')], [['signing', 'announced'], ['signing']]);
    const table = (await place.run(['keys', 'list'])).stdout;
    assert.match(table, /^KID +ALG +STATE /m);
    assert.match(table, /^\S+ +ES256 +announced /m);
    const events = (await place.json('audit', 'list', '--since', '1h')) as { type: string; detail: object }[];
    const { kid } = (await list()).find(({ state }) => state === 'announced')!;
    const newest = events.find(({ type }) => type === 'key.announced');
    assert.deepEqual(newest?.detail, { kid, alg: 'ES256' }, 'the newest is of the command');
  });

  it('nodes on one Redis share them; version 0.1 finds those for RS256 only', async function () {
    await needRedis(this);
    const issuer = await freeIssuer();
    const ports = await portsOfNodes(issuer, 2);
    const running = await startRedisNodes({
      issuer,
      ports,
      workers: 1,
      configure: () => {},
      env: { SIGNET_SIGNING_ALGORITHMS: ALL },
    });
    const redis = new Redis(running.store);
    try {
      const jwks = await Promise.all(ports.map((port) => published(issuer, String(port))));
      const [keys = [], ...others] = jwks;
      assert.deepEqual(algorithmsOf(keys), sorted(SIGNING_ALGORITHMS));
      for (const other of others) assert.deepEqual(other, keys);
      const [ofDefault, ofOthers] = [true, false].map((isDefault) =>
        sorted(keys.filter(({ alg }) => (alg === 'RS256') === isDefault).map(({ kid }) => kid)),
      );
      assert.deepEqual(sorted(await redis.hkeys('signet:{signing-keys}')), ofDefault);
      assert.deepEqual(sorted(await redis.hkeys('signet:other:{signing-keys}')), ofOthers);
    } finally {
      redis.disconnect();
      await running.stop();
    }
  });
});
