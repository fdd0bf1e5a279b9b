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

  it('returns whether there was a key to remove', async ({ store: { signingKeys } }) => {
    await signingKeys.put({ kid: 'k', sealed: 's', createdAt: 1 });
    assert.equal(await signingKeys.remove('k'), true);
    assert.equal(await signingKeys.remove('k'), false);
  });
}
