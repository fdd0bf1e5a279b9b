import assert from 'node:assert/strict';
import type { AuditEvent, AuditQuery, Store } from '../../src/store/store.ts';
import type { StoreIt } from './store-test.ts';

const LOGIN: AuditEvent = {
  at: 1_800_000_000_123,
  type: 'login.succeeded',
  accountId: 'alice',
  clientId: 'web',
  ip: '2001:db8::1',
  traceId: '0af7651916cd43dd',
  detail: { amr: ['pwd'], attempt: 2 },
};

/** The times of the events that a query returns. */
async function times({ audit }: Store, query: AuditQuery): Promise<number[]> {
  return (await audit.list(query)).map(({ at }) => at);
}

/** Appends events at the given times, in one call. */
async function appendAt({ audit }: Store, ...at: number[]): Promise<void> {
  await audit.append(at.map((time) => ({ at: time, type: 'test' })));
}

export function auditContract(it: StoreIt): void {
  it('returns the events that were appended', async ({ store: { audit } }) => {
    const bare = { at: 1_800_000_000_000, type: 'server.started' };
    await audit.append([bare, LOGIN]);
    await audit.append([]);
    assert.deepEqual(await audit.list({ limit: 10 }), [LOGIN, bare]);
  });

  it('lists the newest events first, up to a limit', async ({ store }) => {
    await appendAt(store, 3, 1);
    await appendAt(store, 2, 5);
    assert.deepEqual(await times(store, { limit: 10 }), [5, 3, 2, 1]);
    assert.deepEqual(await times(store, { limit: 2 }), [5, 3]);
  });

  it('keeps the order of events in the same millisecond', async ({ store: { audit } }) => {
    await audit.append(['first', 'second'].map((type) => ({ at: 1, type })));
    await audit.append([{ at: 1, type: 'third' }]);
    const types = (await audit.list({ limit: 10 })).map(({ type }) => type);
    assert.deepEqual(types, ['third', 'second', 'first']);
  });

  it('filters by each member and by several at once', async ({ store }) => {
    const { audit } = store;
    await audit.append([
      { at: 1, type: 'login.failed', accountId: 'alice' },
      { at: 2, type: 'login.succeeded', accountId: 'alice', clientId: 'web' },
      { at: 3, type: 'login.succeeded', accountId: 'bob', clientId: 'web' },
      { at: 4, type: 'token.issued', accountId: 'alice', clientId: 'app' },
      { at: 5, type: 'token.issued', clientId: 'web' },
    ]);
    assert.deepEqual(await times(store, { limit: 9, type: 'login.succeeded' }), [3, 2]);
    assert.deepEqual(await times(store, { limit: 9, accountId: 'alice' }), [4, 2, 1]);
    assert.deepEqual(await times(store, { limit: 9, clientId: 'web' }), [5, 3, 2]);
    assert.deepEqual(await times(store, { limit: 9, since: 3 }), [5, 4, 3]);
    assert.deepEqual(await times(store, { limit: 9, until: 3 }), [2, 1]);
    assert.deepEqual(await times(store, { limit: 9, since: 2, until: 5, accountId: 'alice' }), [4, 2]);
    assert.deepEqual(await times(store, { limit: 9, accountId: 'alice', clientId: 'web' }), [2]);
    assert.deepEqual(
      await times(store, { limit: 9, since: 2, accountId: 'alice', type: 'token.issued' }),
      [4],
    );
    assert.deepEqual(await times(store, { limit: 1, since: 2, clientId: 'web' }), [5]);
    assert.deepEqual(await times(store, { limit: 9, type: "x' OR 1=1 --" }), []);
  });

  it('prunes events older than a time', async ({ store }) => {
    await appendAt(store, 1, 2, 3, 4);
    assert.equal(await store.audit.prune(3, 100, 100), 2);
    assert.deepEqual(await times(store, { limit: 9 }), [4, 3]);
    assert.equal(await store.audit.prune(3, 100, 100), 0);
  });

  it('prunes all but the newest events', async ({ store }) => {
    await appendAt(store, 5, 1, 3, 2, 4);
    assert.equal(await store.audit.prune(0, 2, 100), 3);
    assert.deepEqual(await times(store, { limit: 9 }), [5, 4]);
    assert.equal(await store.audit.prune(0, 0, 100), 2);
    assert.deepEqual(await times(store, { limit: 9 }), []);
  });

  it('prunes by both rules, oldest first, up to a limit', async ({ store }) => {
    await appendAt(store, 1, 2, 3, 4, 5, 6);
    assert.equal(await store.audit.prune(3, 3, 2), 2);
    assert.deepEqual(await times(store, { limit: 9 }), [6, 5, 4, 3]);
    assert.equal(await store.audit.prune(3, 3, 2), 1);
    assert.equal(await store.audit.prune(6, 3, 2), 2);
    assert.deepEqual(await times(store, { limit: 9 }), [6]);
  });
}
