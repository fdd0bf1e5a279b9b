import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import { keys } from '../../src/store/redis/keys.ts';
import type { Store } from '../../src/store/store.ts';
import { eventually } from '../support/eventually.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';

/** Nodes with Signet 0.1 use the same Redis during an upgrade: what they parse keeps its form, and they find what they look for. */
describe('What a unit stores in Redis for nodes with Signet 0.1', () => {
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  const answer = { request: '[null,null]', answer: { refresh_token: 'new' }, arrivedAt: 1 };
  let server: RedisServer;
  let store: Store;

  before(async function () {
    await needRedis(this);
    server = await startRedis();
    store = await openStore(`redis://127.0.0.1:${server.port}`, { clock: Date.now });
    const write = { payload: {}, expiresAt, grantId: 'g', accountId: 'alice' };
    await store.artifacts.upsert('RefreshToken', 'old', write);
    const outcome = await store.artifacts.commit({
      consume: { kind: 'RefreshToken', id: 'old', answer: { payload: answer, expiresAt: expiresAt - 10 } },
      writes: [{ kind: 'RefreshToken', id: 'new', write }],
    });
    assert.deepEqual(outcome, { outcome: 'committed' });
  });
  after(async () => {
    await store?.close();
    await server?.stop();
  });

  it('is a mark of two numbers', async () => {
    const mark = await server.command('get', keys.consumed('RefreshToken', 'old'));
    assert.match(mark.trim(), new RegExp(`^(\\d+) ${expiresAt}$`));
  });

  it('is a record with a line of JSON in front of the payload', async () => {
    const record = await server.command('get', keys.artifact('RefreshToken', 'new'));
    const { grant, account, ...header } = JSON.parse(record.split('\n')[0] ?? '');
    assert.deepEqual(header, { expiresAt });
    for (const reference of [grant, account]) assert.match(reference.join(' '), /^[\w-]{43} [\w-]{12}$/);
  });

  it('is the answer of a refresh, as an artifact of its own', async () => {
    await eventually('the answer is written', async () => {
      return (await store.artifacts.find('RefreshAnswer', 'old')) !== undefined;
    });
    assert.deepEqual(await store.artifacts.find('RefreshAnswer', 'old'), answer);
  });
});
