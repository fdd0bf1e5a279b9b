import assert from 'node:assert/strict';
import { type ListedKind, type ListedRecord, sessionHandle, type Store } from '../../src/store/store.ts';
import { isGrantRevoked } from './grant-probe.ts';
import type { StoreIt } from './store-test.ts';

const FACTS = {
  beganAt: 1,
  network: '192.0.2.0/24',
  userAgent: 'Zoë/1.0 "quoted" \\ \n end',
  clients: ['web'],
};

/** Reads all pages. */
async function listAll({ listed }: Store, accountId: string, limit = 2, kind: ListedKind = 'Session') {
  const records: ListedRecord[] = [];
  let after: string | undefined;
  do {
    const page = await listed.list(kind, accountId, { after, limit });
    assert.ok(page.records.length <= limit);
    records.push(...page.records);
    after = page.next;
  } while (after !== undefined);
  return records;
}

/** `ListedStore`. */
export function listedContract(it: StoreIt): void {
  it('lists the sessions of an account with their facts', async ({ store, clock }) => {
    const session = { payload: { secret: true }, expiresAt: clock.now + 60, accountId: 'alice' };
    assert.deepEqual(await store.listed.list('Session', 'alice', { limit: 5 }), {
      records: [],
      next: undefined,
    });
    await store.artifacts.upsert('Session', 's', { ...session, uid: 'u', listed: { facts: FACTS } });
    await store.artifacts.upsert('Session', 'other', { ...session, accountId: 'bob', uid: 'v' });
    await store.artifacts.upsert('Session', 'nobody', { ...session, accountId: undefined, uid: 'w' });
    await store.artifacts.upsert('AccessToken', 'token', session);
    assert.deepEqual(await store.listed.list('Session', 'alice', { limit: 5 }), {
      records: [{ handle: sessionHandle('u'), expiresAt: clock.now + 60, facts: FACTS }],
      next: undefined,
    });
    const [ofBob] = await listAll(store, 'bob');
    assert.deepEqual(ofBob, { handle: sessionHandle('v'), expiresAt: clock.now + 60, facts: undefined });
  });

  it('keeps the handle of a session whose id changes, and finds nothing by it', async ({ store, clock }) => {
    const session = { payload: {}, expiresAt: clock.now + 60, accountId: 'alice', uid: 'u' };
    await store.artifacts.upsert('Session', 'before', session);
    const [before] = await listAll(store, 'alice');
    await store.artifacts.destroy('Session', 'before');
    await store.artifacts.upsert('Session', 'after', session);
    assert.deepEqual(await listAll(store, 'alice'), [before]);
    assert.match(before?.handle ?? '', /^[\da-f]{16}$/);
    assert.equal(await store.artifacts.find('Session', String(before?.handle)), undefined);
    assert.equal(await store.artifacts.findByUid('Session', String(before?.handle)), undefined);
  });

  it('lists neither expired nor ended sessions', async ({ store, clock }) => {
    const session = { payload: {}, expiresAt: clock.now + 60, accountId: 'alice' };
    for (const id of ['stays', 'destroyed', 'consumed', 'written again'])
      await store.artifacts.upsert('Session', id, { ...session, uid: id });
    await store.artifacts.upsert('Session', 'short', { ...session, expiresAt: clock.now + 10, uid: 'short' });
    await store.artifacts.upsert('Session', 'moved', { ...session, uid: 'moved' });
    await store.artifacts.upsert('Session', 'moved', { ...session, accountId: undefined });
    await store.artifacts.destroy('Session', 'destroyed');
    await store.artifacts.consume('Session', 'consumed');
    await store.artifacts.consume('Session', 'written again');
    await store.artifacts.upsert('Session', 'written again', { ...session, uid: 'written again' });
    clock.advance(10);
    const handles = (await listAll(store, 'alice')).map(({ handle }) => handle);
    assert.deepEqual(handles, [sessionHandle('stays')]);
    await store.artifacts.revokeAccount('alice', clock.now + 60);
    assert.deepEqual(await listAll(store, 'alice'), []);
  });

  it('lists page by page, the latest expiry first', async ({ store, clock }) => {
    const write = async (id: string, seconds: number) =>
      store.artifacts.upsert('Session', id, {
        payload: {},
        expiresAt: clock.now + seconds,
        accountId: 'alice',
        uid: id,
        listed: { facts: { id } },
      });
    for (let index = 0; index < 5; index++) await write(`same ${index}`, 50);
    for (let index = 0; index < 5; index++) await write(`later ${index}`, 60 + index);
    await store.artifacts.consume('Session', 'later 2');
    const names = (await listAll(store, 'alice', 3)).map(({ facts }) => String(facts?.id));
    assert.deepEqual(names.slice(0, 4), ['later 4', 'later 3', 'later 1', 'later 0']);
    assert.deepEqual(
      names.slice(4).toSorted(),
      Array.from({ length: 5 }, (_, index) => `same ${index}`),
    );
    assert.deepEqual((await listAll(store, 'alice', 9)).length, 9);
    await write('same 0', 100);
    assert.equal((await listAll(store, 'alice', 1))[0]?.facts?.id, 'same 0');
    assert.equal((await listAll(store, 'alice', 1)).length, 9);
  });

  it('treats a cursor that it has not made as some place in the list', async ({ store }) => {
    for (const after of ['', '.', 'x', '1e999.y', '-1.', `${Number.MAX_SAFE_INTEGER}.\u0000`])
      assert.deepEqual((await store.listed.list('Session', 'alice', { after, limit: 1 })).records, []);
  });

  it('lists consents apart from sessions', async ({ store, clock }) => {
    const write = { payload: {}, expiresAt: clock.now + 60, accountId: 'alice' };
    await store.artifacts.upsert('Session', 's', { ...write, uid: 'u' });
    for (const id of ['web', 'app', 'job'])
      await store.artifacts.update('Consent', id, () => ({ ...write, listed: { facts: { id } } }));
    await store.artifacts.destroy('Consent', 'job');
    const consents = await listAll(store, 'alice', 1, 'Consent');
    assert.deepEqual(new Set(consents.map(({ facts }) => facts?.id)), new Set(['app', 'web']));
    assert.equal(new Set(consents.map(({ handle }) => handle)).size, 2);
    assert.equal((await listAll(store, 'alice')).length, 1);
  });

  it('replaces the listing with the artifact', async ({ store, clock }) => {
    const session = { payload: {}, expiresAt: clock.now + 60, accountId: 'alice', uid: 'u' };
    await store.artifacts.upsert('Session', 's', { ...session, listed: { facts: { n: 1 } } });
    await store.artifacts.update('Session', 's', () => ({ ...session, listed: { facts: { n: 2 } } }));
    assert.deepEqual((await listAll(store, 'alice'))[0]?.facts, { n: 2 });
    await store.artifacts.update('Session', 's', () => session);
    assert.equal((await listAll(store, 'alice'))[0]?.facts, undefined);
  });

  it('ends a session with its grants, and no other', async ({ store, clock }) => {
    const { artifacts, listed } = store;
    const session = { payload: { n: 1 }, expiresAt: clock.now + 60, accountId: 'alice' };
    for (const name of ['a', 'b']) {
      const grants = [`${name}1`, `${name}2`];
      for (const grantId of grants) {
        await artifacts.upsert('Grant', grantId, { ...session, grantId });
        await artifacts.upsert('RefreshToken', `token of ${grantId}`, { ...session, grantId });
      }
      const write = {
        ...session,
        uid: name,
        listed: { facts: {}, grants: { web: `${name}1`, app: `${name}2` } },
      };
      await artifacts.upsert('Session', `session ${name}`, write);
    }
    await artifacts.upsert('RefreshToken', 'of an earlier session', { ...session, grantId: 'c' });
    const until = clock.now + 3600;
    assert.equal(await listed.endSession('bob', sessionHandle('a'), until), false);
    assert.equal(await listed.endSession('alice', sessionHandle('c'), until), false);
    assert.equal(await listed.endSession('alice', sessionHandle('a'), until), true);
    assert.equal(await artifacts.find('Session', 'session a'), undefined);
    assert.equal(await artifacts.findByUid('Session', 'a'), undefined);
    for (const grant of ['a1', 'a2']) {
      assert.equal(await artifacts.find('RefreshToken', `token of ${grant}`), undefined);
      assert.equal(await isGrantRevoked(artifacts, grant), true);
    }
    assert.deepEqual(await artifacts.find('Session', 'session b'), { n: 1 });
    assert.deepEqual(await artifacts.find('RefreshToken', 'token of b2'), { n: 1 });
    assert.deepEqual(await artifacts.find('RefreshToken', 'of an earlier session'), { n: 1 });
    assert.deepEqual(
      (await listAll(store, 'alice')).map(({ handle }) => handle),
      [sessionHandle('b')],
    );
    assert.equal(await listed.endSession('alice', sessionHandle('a'), until), false);
    clock.advance(3599);
    assert.equal(await isGrantRevoked(artifacts, 'a1'), true);
  });

  it('keeps an ended session ended when it is written again', async ({ store, clock }) => {
    const { artifacts, listed } = store;
    const session = { payload: {}, expiresAt: clock.now + 60, accountId: 'alice', uid: 'u' };
    await artifacts.upsert('Session', 's', { ...session, listed: { facts: {} } });
    assert.equal(await listed.endSession('alice', sessionHandle('u'), clock.now + 60), true);
    await artifacts.update('Session', 's', () => ({ ...session, expiresAt: clock.now + 120 }));
    clock.advance(90);
    assert.equal((await artifacts.find('Session', 's'))?.consumed, clock.now - 90);
    assert.deepEqual(await listAll(store, 'alice'), []);
    assert.equal(await artifacts.countSessions('alice'), 0);
  });

  it('ends a session while it is written', async ({ store, clock }) => {
    const { artifacts, listed } = store;
    const session = { payload: {}, expiresAt: clock.now + 60, accountId: 'alice', uid: 'u' };
    const listing = { listed: { facts: {}, grants: { web: 'g' } } };
    await artifacts.upsert('Session', 's', { ...session, ...listing });
    await artifacts.upsert('Grant', 'g', { ...session, uid: undefined });
    const writes = Array.from({ length: 20 }, () =>
      artifacts.update('Session', 's', () => ({ ...session, ...listing })),
    );
    assert.equal(await listed.endSession('alice', sessionHandle('u'), clock.now + 60), true);
    await Promise.all(writes);
    await artifacts.update('Session', 's', () => ({ ...session, ...listing }));
    const found = await artifacts.find('Session', 's');
    assert.equal(found === undefined || found.consumed !== undefined, true);
    assert.equal(await isGrantRevoked(artifacts, 'g'), true);
    assert.deepEqual(await listAll(store, 'alice'), []);
  });

  it('revokes the grants that no other session lists with a session without a listing', async ({
    store,
    clock,
  }) => {
    const { artifacts, listed } = store;
    const session = { payload: {}, expiresAt: clock.now + 60, accountId: 'alice' };
    for (const grantId of ['unknown', 'listed']) {
      await artifacts.upsert('Grant', grantId, { ...session, grantId });
      await artifacts.upsert('RefreshToken', grantId, { ...session, grantId });
    }
    await artifacts.upsert('RefreshToken', 'of bob', { ...session, accountId: 'bob', grantId: 'of bob' });
    await artifacts.upsert('Session', 'old', { ...session, uid: 'old' });
    const known = { facts: {}, grants: { web: 'listed' } };
    await artifacts.upsert('Session', 'new', { ...session, uid: 'new', listed: known });
    assert.equal(await listed.endSession('alice', sessionHandle('old'), clock.now + 60), true);
    assert.equal(await artifacts.find('RefreshToken', 'unknown'), undefined);
    assert.equal(await isGrantRevoked(artifacts, 'unknown'), true);
    assert.deepEqual(await artifacts.find('RefreshToken', 'listed'), {});
    assert.deepEqual(await artifacts.find('RefreshToken', 'of bob'), {});
    assert.deepEqual(await artifacts.find('Session', 'new'), {});
  });

  it('revokes the grants of one client in all sessions of an account', async ({ store, clock }) => {
    const { artifacts, listed } = store;
    const write = { payload: {}, expiresAt: clock.now + 60 };
    for (const [accountId, name] of [
      ['alice', 'a'],
      ['alice', 'b'],
      ['bob', 'c'],
    ]) {
      const grants = { web: `${name}1`, constructor: `${name}2` };
      for (const grantId of Object.values(grants))
        await artifacts.upsert('RefreshToken', `token of ${grantId}`, { ...write, accountId, grantId });
      const session = { ...write, accountId, uid: name, listed: { facts: {}, grants } };
      await artifacts.upsert('Session', `session ${name}`, session);
    }
    await artifacts.upsert('Session', 'unlisted', { ...write, accountId: 'alice', uid: 'd' });
    await listed.revokeClient('alice', 'web', clock.now + 60);
    await listed.revokeClient('alice', 'toString', clock.now + 60);
    for (const grant of ['a1', 'b1']) {
      assert.equal(await artifacts.find('RefreshToken', `token of ${grant}`), undefined);
      assert.equal(await isGrantRevoked(artifacts, grant), true);
    }
    for (const grant of ['a2', 'b2', 'c1', 'c2'])
      assert.deepEqual(await artifacts.find('RefreshToken', `token of ${grant}`), {});
    assert.equal(await artifacts.countSessions('alice'), 3);
  });
}
