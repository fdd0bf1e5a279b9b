import assert from 'node:assert/strict';
import type { ArtifactUnit, CommitOutcome, Store } from '../../src/store/store.ts';
import { accountNamed } from './account-records.ts';
import type { StoreIt, StoreTest } from './store-test.ts';

/** `ArtifactStore.commit`, `read` and `findAnswer`. The races between processes are in `unit-races.ts`. */

const ALICE = { id: 'alice', generation: 0 };
const WEB = { id: 'web', instance: 'web-1' };

async function addOwners({ accounts, clients }: Store): Promise<void> {
  await accounts.create(accountNamed('alice', 'alice'));
  await clients.create({ ...WEB, metadata: {}, secrets: [], source: 'added', createdAt: 0, updatedAt: 0 });
}

/** A refresh of the token `old`: successor, access token and answer. */
function refresh(now: number, successor = 'new'): ArtifactUnit {
  const write = { payload: { of: successor }, expiresAt: now + 60, grantId: 'g', accountId: 'alice' };
  return {
    consume: {
      kind: 'RefreshToken',
      id: 'old',
      answer: { payload: { answer: successor }, expiresAt: now + 10 },
    },
    writes: [
      { kind: 'AccessToken', id: `access ${successor}`, write },
      { kind: 'RefreshToken', id: successor, write },
    ],
    accounts: [ALICE],
    clients: [WEB],
  };
}

async function withToken({ store, clock }: StoreTest): Promise<void> {
  await addOwners(store);
  const write = { payload: {}, expiresAt: clock.now + 60, grantId: 'g', accountId: 'alice' };
  await store.artifacts.upsert('Grant', 'g', { ...write, grantId: undefined });
  await store.artifacts.upsert('RefreshToken', 'old', write);
}

async function assertNothingWritten({ artifacts }: Store, successor = 'new'): Promise<void> {
  assert.equal(await artifacts.find('AccessToken', `access ${successor}`), undefined);
  assert.equal(await artifacts.find('RefreshToken', successor), undefined);
}

export function unitContract(it: StoreIt): void {
  it('writes consumption, answer and artifacts of a request', async (test) => {
    const { store, clock } = test;
    const { artifacts } = store;
    await withToken(test);
    clock.advance(5);
    const unit = refresh(clock.now);
    assert.deepEqual(await artifacts.commit(unit), { outcome: 'committed' });
    assert.deepEqual(await artifacts.find('RefreshToken', 'old'), { consumed: clock.now });
    assert.deepEqual(await artifacts.find('RefreshToken', 'new'), { of: 'new' });
    assert.deepEqual(await artifacts.find('AccessToken', 'access new'), { of: 'new' });
    assert.deepEqual(await artifacts.findAnswer('RefreshToken', 'old'), { answer: 'new' });
  });

  it('refuses a second consumption with the time and answer of the first, and writes nothing', async (test) => {
    const { store, clock } = test;
    const { artifacts } = store;
    await withToken(test);
    await artifacts.commit(refresh(clock.now));
    const at = clock.now;
    clock.advance(1);
    const second = await artifacts.commit(refresh(clock.now, 'second'));
    assert.deepEqual(second, { outcome: 'consumed', at, answer: { answer: 'new' } });
    await assertNothingWritten(store, 'second');
    clock.advance(9);
    const late = await artifacts.commit(refresh(clock.now, 'late'));
    assert.deepEqual(late, { outcome: 'consumed', at, answer: undefined });
    assert.equal(await artifacts.findAnswer('RefreshToken', 'old'), undefined);
    assert.deepEqual(await artifacts.find('RefreshToken', 'new'), { of: 'new' });
  });

  it('lets exactly one of many units consume, and gives its answer to the others', async (test) => {
    const { store, clock } = test;
    await withToken(test);
    const names = Array.from({ length: 30 }, (_, index) => `successor ${index}`);
    const outcomes = await Promise.all(names.map((name) => store.artifacts.commit(refresh(clock.now, name))));
    const winner = outcomes.findIndex(({ outcome }) => outcome === 'committed');
    const lost = { outcome: 'consumed', at: clock.now, answer: { answer: names[winner] } };
    for (const [index, name] of names.entries()) {
      if (index === winner) {
        assert.deepEqual(await store.artifacts.find('RefreshToken', name), { of: name });
      } else {
        assert.deepEqual(outcomes[index], lost);
        await assertNothingWritten(store, name);
      }
    }
  });

  it('keeps no answer of an earlier consumption', async ({ store: { artifacts }, clock }) => {
    const write = (lifetime: number) => ({ payload: {}, expiresAt: clock.now + lifetime });
    await artifacts.upsert('AuthorizationCode', 'c', write(10));
    const answer = { payload: { n: 1 }, expiresAt: clock.now + 100 };
    const first = { consume: { kind: 'AuthorizationCode', id: 'c', answer } } as const;
    assert.deepEqual(await artifacts.commit(first), { outcome: 'committed' });
    clock.advance(10);
    await artifacts.upsert('AuthorizationCode', 'c', write(100));
    assert.equal(await artifacts.consume('AuthorizationCode', 'c'), true);
    assert.equal(await artifacts.findAnswer('AuthorizationCode', 'c'), undefined);
  });

  it('finds the answer of a refresh that Signet 0.1 stored as an artifact', async (test) => {
    const { store, clock } = test;
    const { artifacts } = store;
    await withToken(test);
    await artifacts.consume('RefreshToken', 'old');
    const none = { outcome: 'consumed', at: clock.now, answer: undefined };
    assert.deepEqual(await artifacts.commit(refresh(clock.now)), none);
    const payload = { request: '[null,null]', answer: { refresh_token: 'r' }, arrivedAt: 1 };
    await artifacts.create('RefreshAnswer', 'old', { payload, expiresAt: clock.now + 10 });
    assert.deepEqual(await artifacts.findAnswer('RefreshToken', 'old'), payload);
    assert.deepEqual(await artifacts.commit(refresh(clock.now)), { ...none, answer: payload });
    clock.advance(10);
    assert.equal(await artifacts.findAnswer('RefreshToken', 'old'), undefined);
  });

  it('refuses the consumption of an artifact that is absent, expired or revoked', async (test) => {
    const { store, clock } = test;
    const { artifacts } = store;
    await addOwners(store);
    const absent: CommitOutcome = { outcome: 'absent' };
    const unit = () => ({ ...refresh(clock.now), writes: refresh(clock.now).writes?.slice(0, 1) });
    assert.deepEqual(await artifacts.commit(unit()), absent);
    const write = { payload: {}, expiresAt: clock.now + 10, grantId: 'h', accountId: 'alice' };
    await artifacts.upsert('RefreshToken', 'old', write);
    clock.advance(10);
    assert.deepEqual(await artifacts.commit(unit()), absent);
    await artifacts.upsert('RefreshToken', 'old', { ...write, expiresAt: clock.now + 10 });
    await artifacts.revokeGrant('h', clock.now + 60);
    assert.deepEqual(await artifacts.commit(unit()), absent);
    await assertNothingWritten(store);
  });

  it('reports the first reason of several: absent, consumed, revoked, outdated, changed', async (test) => {
    const { store, clock } = test;
    const { artifacts, accounts } = store;
    await withToken(test);
    const { version } = await artifacts.read('Session', 's');
    await artifacts.upsert('Session', 's', { payload: {}, expiresAt: clock.now + 60 });
    await accounts.update('alice', () => ({ generation: 1 }));
    await artifacts.revokeGrant('other', clock.now + 60);
    const write = { payload: {}, expiresAt: clock.now + 60 };
    const session = { kind: 'Session', id: 's', write, version } as const;
    const token = { kind: 'AccessToken', id: 'a', write: { ...write, grantId: 'other' } } as const;
    const consume = { kind: 'RefreshToken', id: 'old' } as const;
    const reasons: string[] = [];
    const attempt = async (unit: ArtifactUnit) => reasons.push((await artifacts.commit(unit)).outcome);
    await attempt({ writes: [session] });
    await attempt({ writes: [session], accounts: [ALICE] });
    await attempt({ consume, writes: [session, token], accounts: [ALICE] });
    await artifacts.consume('RefreshToken', 'old');
    await attempt({ consume, writes: [session, token], accounts: [ALICE] });
    await artifacts.destroy('RefreshToken', 'old');
    await attempt({ consume, writes: [session, token], accounts: [ALICE] });
    assert.deepEqual(reasons, ['changed', 'outdated', 'revoked', 'consumed', 'absent']);
  });

  it('writes nothing under a revoked grant', async (test) => {
    const { store, clock } = test;
    const { artifacts } = store;
    await withToken(test);
    const { writes = [], ...unit } = refresh(clock.now);
    const moved = writes.map(({ kind, id, write: { payload, expiresAt } }) => {
      return { kind, id, write: { payload, expiresAt, grantId: 'revoked' } };
    });
    await artifacts.revokeGrant('revoked', clock.now + 60);
    const free = {
      kind: 'AccessToken',
      id: 'free',
      write: { payload: {}, expiresAt: clock.now + 60 },
    } as const;
    assert.deepEqual(await artifacts.commit({ ...unit, writes: [free, ...moved] }), { outcome: 'revoked' });
    assert.deepEqual(await artifacts.commit({ writes: [free, ...moved] }), { outcome: 'revoked' });
    await assertNothingWritten(store);
    assert.equal(await artifacts.find('AccessToken', 'free'), undefined);
    assert.deepEqual(await artifacts.find('RefreshToken', 'old'), {});
  });

  it('writes nothing for an account or a client that has changed', async (test) => {
    const { store, clock } = test;
    const { artifacts, accounts, clients } = store;
    await withToken(test);
    const unit = refresh(clock.now);
    const changes: [name: string, change: () => Promise<unknown>, restore: () => Promise<unknown>][] = [
      [
        'generation',
        () => accounts.update('alice', () => ({ generation: 1 })),
        () => accounts.update('alice', () => ({ generation: 0 })),
      ],
      [
        'disabled',
        () => accounts.update('alice', () => ({ disabled: true })),
        () => accounts.update('alice', () => ({ disabled: false })),
      ],
      [
        'instance',
        () => clients.update('web', (client) => ({ ...client, instance: 'web-2' })),
        () => clients.update('web', (client) => ({ ...client, instance: 'web-1' })),
      ],
      [
        'client',
        () => clients.remove('web'),
        () =>
          clients.create({ ...WEB, metadata: {}, secrets: [], source: 'added', createdAt: 0, updatedAt: 0 }),
      ],
      ['account', () => accounts.remove('alice'), () => accounts.create(accountNamed('alice', 'alice'))],
    ];
    for (const [name, change, restore] of changes) {
      await change();
      assert.deepEqual(await artifacts.commit(unit), { outcome: 'outdated' }, name);
      const without = { ...unit, consume: undefined };
      assert.deepEqual(await artifacts.commit(without), { outcome: 'outdated' }, name);
      assert.deepEqual(await artifacts.commit({ ...without, writes: [] }), { outcome: 'outdated' }, name);
      await assertNothingWritten(store);
      await restore();
    }
    assert.deepEqual(await artifacts.commit({ accounts: [ALICE], clients: [WEB] }), { outcome: 'committed' });
    assert.deepEqual(await artifacts.commit(unit), { outcome: 'committed' });
  });

  it('keeps other units of the same moment when one is refused', async (test) => {
    const { store, clock } = test;
    const { artifacts } = store;
    await withToken(test);
    await artifacts.revokeGrant('revoked', clock.now + 60);
    const write = { payload: {}, expiresAt: clock.now + 60 };
    const commits = Array.from({ length: 9 }, (_, index) => {
      const grantId = index % 3 === 1 ? 'revoked' : 'g';
      return artifacts.commit({
        writes: [
          { kind: 'AccessToken', id: `first ${index}`, write },
          { kind: 'AccessToken', id: `second ${index}`, write: { ...write, grantId } },
        ],
      });
    });
    for (const [index, { outcome }] of (await Promise.all(commits)).entries()) {
      const isRevoked = index % 3 === 1;
      assert.equal(outcome, isRevoked ? 'revoked' : 'committed');
      for (const id of [`first ${index}`, `second ${index}`])
        assert.deepEqual(await artifacts.find('AccessToken', id), isRevoked ? undefined : {});
    }
  });

  it('leads a uid to the artifact of the unit that came first', async ({ store: { artifacts }, clock }) => {
    const expiresAt = clock.now + 600;
    const at = (id: string, payload: object, until = expiresAt) =>
      ({ kind: 'Session', id, write: { payload: { ...payload }, expiresAt: until, uid: 'u' } }) as const;
    const { write } = at('s', { id: 's' });
    await artifacts.upsert('Session', 's', write);
    const { version } = await artifacts.read('Session', 's');
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (id) => {
        const moved = { ...at('s', { movedTo: id }, clock.now + 30), version };
        const { outcome } = await artifacts.commit({ writes: [moved, at(id, { id })] });
        return { id, outcome };
      }),
    );
    const [first, ...others] = outcomes.filter(({ outcome }) => outcome === 'committed');
    assert.deepEqual(others, []);
    assert.deepEqual(await artifacts.commit({ writes: [{ ...at('s', { id: 's' }), version }] }), {
      outcome: 'changed',
    });
    assert.deepEqual(await artifacts.findByUid('Session', 'u'), { id: first?.id });
    clock.now += 100;
    assert.deepEqual(await artifacts.findByUid('Session', 'u'), { id: first?.id });
  });

  it('commits an empty unit', async ({ store: { artifacts } }) => {
    assert.deepEqual(await artifacts.commit({}), { outcome: 'committed' });
    assert.deepEqual(await artifacts.commit({ writes: [], accounts: [], clients: [] }), {
      outcome: 'committed',
    });
  });
}
