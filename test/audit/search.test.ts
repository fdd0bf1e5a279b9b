import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import { copyDatabase010 } from '../store/old-data.ts';
import { temporaryDirectory } from '../store/temporary-directory.ts';
import { collect, describeSearches, kindsIn, OF_010 } from './search-cases.ts';

describeSearches('SQLite', () => openStore('sqlite::memory:', { clock: Date.now }));

describe('The audit trail in a database of 0.1.0', () => {
  const path = temporaryDirectory();

  it('has actor, target and outcome of each event after the migration', async () => {
    const { account } = copyDatabase010(path('old.db'));
    const store = await openStore(`sqlite:${path('old.db')}`, { clock: Date.now });
    try {
      assert.deepEqual(await kindsIn(store), OF_010);
      const byBob = await collect(store, { actor: { kind: 'person', id: account.id } });
      assert.deepEqual([...new Set(byBob.map(({ type }) => type))].toSorted(), [
        'consent.denied',
        'consent.granted',
        'login.succeeded',
        'session.ended',
      ]);
      await store.audit.append([{ at: Date.now(), type: 'key.promoted', actor: { kind: 'system' } }]);
      assert.deepEqual((await store.audit.list({ limit: 1 }))[0]?.actor, { kind: 'system' });
    } finally {
      await store.close();
    }
  });
});
