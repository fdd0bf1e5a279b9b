import assert from 'node:assert/strict';
import type { Provider } from 'oidc-provider';
import { cacheClients } from '../../src/oidc/engine/client-cache.ts';
import { heapUsed, idsInLongRequests } from '../support/heap.ts';

describe('The client cache', () => {
  let now: number;
  let lookups: unknown[];
  let provider: { Client: { find: (id: unknown) => Promise<unknown> } };

  beforeEach(() => {
    now = 0;
    lookups = [];
    const find = (id: unknown) => {
      // A copy: the id itself would keep the request that it is a part of in memory.
      lookups.push(structuredClone(id));
      return Promise.resolve(id === 'there' ? { clientId: 'there' } : undefined);
    };
    provider = { Client: { find } };
    cacheClients(provider as unknown as Provider, () => now);
  });

  it('looks up existing and unknown clients once per second', async () => {
    for (now of [0, 999, 1000]) {
      assert.deepEqual(await provider.Client.find('there'), { clientId: 'there' });
      assert.equal(await provider.Client.find('made up'), undefined);
    }
    assert.deepEqual(lookups, ['there', 'made up', 'there', 'made up']);
  });

  it('looks up no id that is not a string', async () => {
    assert.equal(await provider.Client.find(['there']), undefined);
    assert.equal(await provider.Client.find(undefined), undefined);
    assert.deepEqual(await provider.Client.find('there'), { clientId: 'there' });
    assert.deepEqual(lookups, ['there']);
  });

  it('does not keep requests with made-up ids in memory', async () => {
    const before = heapUsed();
    for (const id of idsInLongRequests(1000)) await provider.Client.find(id);
    assert.ok(heapUsed() - before < 25, 'MiB, of 50 that were sent');
    assert.equal(lookups.length, 1000);
  });
});
