import assert from 'node:assert/strict';
import type { Provider } from 'oidc-provider';
import { cacheClients } from '../../src/oidc/engine/client-cache.ts';
import { heapUsed, idsInLongRequests } from '../support/heap.ts';

describe('Clients kept for a second', () => {
  let now: number;
  let asked: unknown[];
  let provider: { Client: { find: (id: unknown) => Promise<unknown> } };

  beforeEach(() => {
    now = 0;
    asked = [];
    const find = (id: unknown) => {
      // A copy, which holds on to nothing that the id was a part of.
      asked.push(structuredClone(id));
      return Promise.resolve(id === 'there' ? { clientId: 'there' } : undefined);
    };
    provider = { Client: { find } };
    cacheClients(provider as unknown as Provider, () => now);
  });

  it('are looked up once in it, those that there are and those that there are not', async () => {
    for (now of [0, 999, 1000]) {
      assert.deepEqual(await provider.Client.find('there'), { clientId: 'there' });
      assert.equal(await provider.Client.find('made up'), undefined);
    }
    assert.deepEqual(asked, ['there', 'made up', 'there', 'made up']);
  });

  it('have ids that are text; nothing else is mistaken for one', async () => {
    assert.equal(await provider.Client.find(['there']), undefined);
    assert.equal(await provider.Client.find(undefined), undefined);
    assert.deepEqual(await provider.Client.find('there'), { clientId: 'there' });
    assert.deepEqual(asked, ['there']);
  });

  it('hold no memory for the long requests in which ids were made up', async () => {
    const before = heapUsed();
    for (const id of idsInLongRequests(1000)) await provider.Client.find(id);
    assert.ok(heapUsed() - before < 25, 'MiB, of 50 that were sent');
    assert.equal(asked.length, 1000);
  });
});
