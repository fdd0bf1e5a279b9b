import assert from 'node:assert/strict';
import type { AuditEvent, AuditFilter, AuditQuery, Store } from '../../src/store/store.ts';
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

async function found(audit: Store['audit'], filter: AuditFilter): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const event of audit.search(filter)) events.push(event);
  return events;
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

  it('returns actor and target of the events that name them', async ({ store }) => {
    const { audit } = store;
    const events: AuditEvent[] = [
      {
        at: 4,
        type: 'session.ended',
        actor: { kind: 'person', id: 'a' },
        target: { kind: 'session', id: 's' },
      },
      { at: 3, type: 'client.added', actor: { kind: 'system' }, target: { kind: 'client' } },
      { at: 2, type: 'key.announced', actor: { kind: 'operator', id: 'Jürgen "x"', via: 'command' } },
      { at: 1, type: 'token.revoked', target: { kind: 'token', id: 'jti' }, clientId: 'web' },
    ];
    await audit.append(events);
    assert.deepEqual(await audit.list({ limit: 10 }), events);
    assert.deepEqual(await found(store.audit, {}), events);
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

  it('filters by any of several types or addresses, by address and by trace id', async ({ store }) => {
    const traceId = '019b2f6a-8c1e-7d3b-9a55-2f0c6e1b7d40';
    await store.audit.append([
      { at: 1, type: 'login.failed', ip: '203.0.113.9', accountId: 'alice' },
      { at: 2, type: 'login.succeeded', ip: '::ffff:203.0.113.9', traceId },
      { at: 3, type: 'token.issued', ip: '203.0.113.99', traceId, clientId: 'web' },
      { at: 4, type: 'login.failed', accountId: 'bob', detail: { ip: '203.0.113.9', type: 'token.issued' } },
    ]);
    assert.deepEqual(await times(store, { limit: 9, type: ['login.failed', 'token.issued'] }), [4, 3, 1]);
    assert.deepEqual(await times(store, { limit: 2, type: ['login.failed', 'token.issued'] }), [4, 3]);
    assert.deepEqual(await times(store, { limit: 9, type: ['login.failed', 'x'], accountId: 'bob' }), [4]);
    assert.deepEqual(await times(store, { limit: 9, type: [] }), []);
    assert.deepEqual(await times(store, { limit: 9, type: [], accountId: 'bob' }), []);
    assert.deepEqual(await times(store, { limit: 9, ip: '203.0.113.9' }), [1]);
    assert.deepEqual(await times(store, { limit: 9, ip: ['203.0.113.9', '::ffff:203.0.113.9'] }), [2, 1]);
    assert.deepEqual(
      await times(store, { limit: 9, ip: ['203.0.113.9', '203.0.113.99'], type: 'login.failed' }),
      [1],
    );
    assert.deepEqual(await times(store, { limit: 9, traceId }), [3, 2]);
    assert.deepEqual(await times(store, { limit: 9, traceId, clientId: 'web', since: 3, until: 4 }), [3]);
    assert.deepEqual(await times(store, { limit: 9, traceId, until: 3 }), [2]);
  });

  it('searches all events page by page, also many of one millisecond', async ({ store }) => {
    const events = Array.from({ length: 6000 }, (_, index): AuditEvent => {
      // Two of three are in one millisecond.
      const at = index % 3 === 0 ? 1000 + index : 4000;
      return {
        at,
        type: index % 2 === 0 ? 'even' : 'odd',
        clientId: `client-${index % 5}`,
        ip: `::${index % 4}`,
      };
    });
    for (let start = 0; start < events.length; start += 250) {
      await store.audit.append(events.slice(start, start + 250));
    }
    const ordered = events.map((event, index) => ({ event, index }));
    const newestFirst = ordered.toSorted((a, b) => b.event.at - a.event.at || b.index - a.index);
    const all = newestFirst.map(({ event }) => event);
    assert.deepEqual(await found(store.audit, {}), all);
    assert.deepEqual(await found(store.audit, { type: ['odd', 'even'] }), all);
    assert.deepEqual(await store.audit.list({ limit: 5999 }), all.slice(0, 5999));
    const isOdd = ({ type, ip }: AuditEvent) => type === 'odd' && ip === '::3';
    assert.deepEqual(await found(store.audit, { type: 'odd', ip: '::3' }), all.filter(isOdd));
    const inTime = ({ at, clientId }: AuditEvent) => at >= 1500 && at < 4001 && clientId === 'client-1';
    const query = { clientId: 'client-1', since: 1500, until: 4001 };
    assert.deepEqual(await found(store.audit, query), all.filter(inTime));
    assert.deepEqual(await found(store.audit, { ...query, type: ['odd', 'even'] }), all.filter(inTime));
  });

  it('yields no event twice while others are appended and removed', async ({ store }) => {
    await appendAt(store, ...Array.from({ length: 2000 }, (_, index) => index + 1));
    const seen: number[] = [];
    for await (const { at } of store.audit.search({ type: 'test' })) {
      seen.push(at);
      if (seen.length % 100 === 0) {
        await appendAt(store, at, 5000);
        await store.audit.prune(0, 1_000_000, 10);
        await store.audit.prune(seen.length / 10, 1_000_000, 10);
      }
    }
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => b - a),
    );
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(Array.from({ length: 1799 }, (_, index) => index + 201).every((at) => seen.includes(at)));
  });

  it('stops a search when its caller has enough', async ({ store }) => {
    await appendAt(store, 1, 2, 3);
    for await (const { at } of store.audit.search({})) {
      assert.equal(at, 3);
      break;
    }
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
