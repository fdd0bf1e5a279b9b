import assert from 'node:assert/strict';
import type { StoreIt } from './store-test.ts';

export function signingKeyContract(it: StoreIt): void {
  it('stores sealed keys by their kid', async ({ store: { signingKeys } }) => {
    const older = { kid: 'older', sealed: 'sealed-1', createdAt: 1_700_000_000 };
    const newer = { kid: 'newer', sealed: 'sealed-2', createdAt: 1_800_000_000 };
    assert.deepEqual(await signingKeys.list(), []);
    await signingKeys.put(newer);
    await signingKeys.put(older);
    const listed = await signingKeys.list();
    assert.deepEqual(new Set(listed), new Set([older, newer]));
    await signingKeys.put({ ...older, sealed: 'sealed-3' });
    await signingKeys.remove('newer');
    assert.deepEqual(await signingKeys.list(), [{ ...older, sealed: 'sealed-3' }]);
  });

  it('keeps keys of further algorithms with their algorithm', async ({ store: { signingKeys } }) => {
    const first = { kid: 'first', sealed: 'sealed-1', createdAt: 1_700_000_000 };
    const second = { kid: 'second', alg: 'ES256', sealed: 'sealed-2', createdAt: 1_700_000_001 };
    const third = { kid: 'third', sealed: 'sealed-3', createdAt: 1_700_000_002 };
    for (const key of [third, second, first]) await signingKeys.put(key);
    assert.deepEqual(await signingKeys.list(), [first, second, third]);
    const changes = [second.kid, third.kid, 'absent'].map((kid) =>
      signingKeys.update(kid, (current) => ({ ...current, sealed: `${current.sealed} changed` })),
    );
    assert.deepEqual(await Promise.all(changes), [true, true, false]);
    assert.deepEqual(await signingKeys.list(), [
      first,
      { ...second, sealed: 'sealed-2 changed' },
      { ...third, sealed: 'sealed-3 changed' },
    ]);
    assert.equal(await signingKeys.remove('second'), true);
    assert.equal(await signingKeys.remove('second'), false);
    assert.equal((await signingKeys.list()).length, 2);
  });

  it('returns whether there was a key to remove', async ({ store: { signingKeys } }) => {
    await signingKeys.put({ kid: 'k', sealed: 's', createdAt: 1 });
    assert.equal(await signingKeys.remove('k'), true);
    assert.equal(await signingKeys.remove('k'), false);
  });
}
