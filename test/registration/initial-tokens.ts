import assert from 'node:assert/strict';
import {
  createInitialTokens,
  type InitialTokens,
} from '../../src/clients/self-registration/initial-tokens.ts';
import type { Store } from '../../src/store/store.ts';

/** @param open connections to one empty store */
export function describeInitialTokens(open: (clock: () => number) => Promise<Store[]>): void {
  let stores: Store[];
  let nodes: InitialTokens[];
  let now: number;
  const terms = { scopes: ['openid'] };

  beforeEach(async () => {
    now = 1_800_000_000;
    const clock = () => now * 1000;
    stores = await open(clock);
    nodes = stores.map(({ artifacts }) => createInitialTokens({ artifacts, clock }));
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
  });

  it('gives as many uses as a token has, to concurrent requests of all nodes', async () => {
    const [first] = nodes as [InitialTokens];
    for (const usesLeft of [1, 3]) {
      const token = await first.add({ name: `uses-${usesLeft}`, terms, usesLeft });
      const spent = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => await nodes[index % nodes.length]?.spend(token)),
      );
      assert.equal(spent.filter((won) => won === true).length, usesLeft);
      assert.equal(await first.find(token), undefined);
    }
  });

  it('finds a token until it expires, is used up or is removed', async () => {
    const [first] = nodes as [InitialTokens];
    const token = await first.add({ name: 'team', terms, expiresAt: now + 60 });
    assert.deepEqual(await first.find(token), await stored(first, 'team'));
    assert.equal(await first.spend(token), true);
    now += 60;
    assert.equal(await first.find(token), undefined);
    assert.equal(await first.spend(token), false);
    const other = await first.add({ name: 'team', terms });
    await first.remove('team');
    assert.equal(await first.find(other), undefined);
    await assert.rejects(first.remove('team'), { message: 'there is no token team' });
  });

  it('has one token of a name', async () => {
    const [first] = nodes as [InitialTokens];
    const added = await Promise.allSettled(nodes.map((node) => node.add({ name: 'team', terms })));
    assert.equal(added.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await first.list()).length, 1);
  });
}

async function stored(tokens: InitialTokens, name: string) {
  return (await tokens.list()).find((token) => token.name === name);
}
