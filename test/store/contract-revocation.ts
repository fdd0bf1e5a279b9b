import assert from 'node:assert/strict';
import { GrantRevokedError } from '../../src/store/errors.ts';
import type { ArtifactKind } from '../../src/store/store.ts';
import type { StoreIt } from './store-test.ts';
import { isGrantRevoked } from './grant-probe.ts';

const ISSUED_UNDER_A_GRANT: readonly ArtifactKind[] = [
  'AccessToken',
  'AuthorizationCode',
  'BackchannelAuthenticationRequest',
  'DeviceCode',
  'RefreshToken',
];

export function revocationContract(it: StoreIt): void {
  it('destroys a grant and the artifacts of every kind under it', async ({ store: { artifacts }, clock }) => {
    const write = { payload: {}, expiresAt: clock.now + 60 };
    await artifacts.upsert('Grant', 'g', { ...write, grantId: 'g' });
    for (const kind of ISSUED_UNDER_A_GRANT) await artifacts.upsert(kind, 'x', { ...write, grantId: 'g' });
    for (const kind of ISSUED_UNDER_A_GRANT) await artifacts.upsert(kind, 'y', { ...write, grantId: 'h' });
    await artifacts.revokeGrant('g', clock.now + 3600);
    assert.equal(await artifacts.find('Grant', 'g'), undefined);
    for (const kind of ISSUED_UNDER_A_GRANT) {
      assert.equal(await artifacts.find(kind, 'x'), undefined, kind);
      assert.deepEqual(await artifacts.find(kind, 'y'), {}, kind);
    }
  });

  it('rejects every later write under a revoked grant', async ({ store: { artifacts }, clock }) => {
    const write = { payload: {}, expiresAt: clock.now + 60, grantId: 'g' };
    await artifacts.revokeGrant('g', clock.now + 3600);
    for (const kind of ISSUED_UNDER_A_GRANT) {
      await assert.rejects(artifacts.upsert(kind, 'x', write), GrantRevokedError);
      assert.equal(await artifacts.find(kind, 'x'), undefined, kind);
    }
    await assert.rejects(artifacts.upsert('Grant', 'g', write), GrantRevokedError);
    await artifacts.upsert('AccessToken', 'x', { ...write, grantId: 'another' });
    await artifacts.upsert('ClientCredentials', 'x', { ...write, grantId: undefined });
  });

  it('treats a grant as issued under itself', async ({ store: { artifacts }, clock }) => {
    const write = { payload: {}, expiresAt: clock.now + 60 };
    await artifacts.upsert('Grant', 'g', write);
    await artifacts.revokeGrant('g', clock.now + 3600);
    assert.equal(await artifacts.find('Grant', 'g'), undefined);
    await assert.rejects(artifacts.upsert('Grant', 'g', write), GrantRevokedError);
  });

  it('counts the sessions of an account', async ({ store: { artifacts }, clock }) => {
    const session = { payload: {}, expiresAt: clock.now + 60, accountId: 'alice' };
    const count = (accountId = 'alice') => artifacts.countSessions(accountId);
    assert.equal(await count(), 0);
    for (const id of ['a', 'b', 'c', 'ended']) await artifacts.upsert('Session', id, session);
    await artifacts.upsert('Session', 'a', { ...session, expiresAt: clock.now + 120 });
    await artifacts.upsert('Session', "bob's", { ...session, accountId: 'bob' });
    await artifacts.upsert('Session', "nobody's", { ...session, accountId: undefined });
    await artifacts.upsert('AccessToken', 'token', session);
    await artifacts.destroy('Session', 'b');
    await artifacts.upsert('Session', 'moved', session);
    await artifacts.upsert('Session', 'moved', { ...session, accountId: undefined });
    await artifacts.consume('Session', 'ended');
    assert.deepEqual([await count(), await count('bob'), await count('nobody')], [2, 1, 0]);
    clock.now += 60;
    assert.equal(await count(), 1);
    await artifacts.revokeAccount('alice', clock.now + 3600);
    assert.equal(await count(), 0);
  });

  it('keeps the artifact when it rejects its replacement', async ({ store: { artifacts }, clock }) => {
    const expiresAt = clock.now + 60;
    await artifacts.upsert('AccessToken', 'a', { payload: { n: 1 }, expiresAt, grantId: 'g' });
    await artifacts.revokeGrant('h', clock.now + 3600);
    await assert.rejects(
      artifacts.upsert('AccessToken', 'a', { payload: { n: 2 }, expiresAt, grantId: 'h' }),
      GrantRevokedError,
    );
    assert.deepEqual(await artifacts.find('AccessToken', 'a'), { n: 1 });
  });

  it('keeps a tombstone until it expires, the latest of several', async ({ store: { artifacts }, clock }) => {
    assert.equal(await isGrantRevoked(artifacts, 'g'), false);
    await artifacts.revokeGrant('g', clock.now + 100);
    await artifacts.revokeGrant('g', clock.now + 50);
    const expiresAt = clock.now + 1000;
    clock.advance(99);
    assert.equal(await isGrantRevoked(artifacts, 'g'), true);
    assert.equal(await isGrantRevoked(artifacts, 'h'), false);
    clock.advance(1);
    assert.equal(await isGrantRevoked(artifacts, 'g'), false);
    await artifacts.upsert('AccessToken', 'a', { payload: {}, expiresAt, grantId: 'g' });
    assert.deepEqual(await artifacts.find('AccessToken', 'a'), {});
  });

  it('also revokes writes that race with it', async ({ store: { artifacts }, clock }) => {
    const write = { payload: {}, expiresAt: clock.now + 60, grantId: 'g' };
    const ids = Array.from({ length: 50 }, (_, index) => `token-${index}`);
    const writes = ids.map((id) => artifacts.upsert('AccessToken', id, write));
    const later = artifacts.revokeGrant('g', clock.now + 3600);
    writes.push(...ids.map((id) => artifacts.upsert('RefreshToken', id, write)));
    const outcomes = await Promise.allSettled(writes);
    await later;
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.ok(outcome.reason instanceof GrantRevokedError);
    }
    for (const id of ids) {
      assert.equal(await artifacts.find('AccessToken', id), undefined);
      assert.equal(await artifacts.find('RefreshToken', id), undefined);
    }
  });

  it('destroys all artifacts of an account', async ({ store: { artifacts }, clock }) => {
    const write = { payload: {}, expiresAt: clock.now + 60 };
    await artifacts.upsert('Session', 's', { ...write, accountId: 'alice', uid: 'u' });
    await artifacts.upsert('Grant', 'g', { ...write, accountId: 'alice', grantId: 'g' });
    await artifacts.upsert('AccessToken', 'a', { ...write, accountId: 'alice', grantId: 'g' });
    await artifacts.upsert('RefreshToken', 'nameless', { ...write, grantId: 'g' });
    await artifacts.upsert('AccessToken', 'grantless', { ...write, accountId: 'alice' });
    await artifacts.upsert('Session', 'other', { ...write, accountId: 'bob' });
    await artifacts.upsert('AccessToken', 'other', { ...write, accountId: 'bob', grantId: 'h' });
    await artifacts.upsert('ClientCredentials', 'machine', write);
    await artifacts.revokeAccount('alice', clock.now + 3600);
    assert.equal(await artifacts.find('Session', 's'), undefined);
    assert.equal(await artifacts.findByUid('Session', 'u'), undefined);
    assert.equal(await artifacts.find('Grant', 'g'), undefined);
    assert.equal(await artifacts.find('AccessToken', 'a'), undefined);
    assert.equal(await artifacts.find('RefreshToken', 'nameless'), undefined);
    assert.equal(await artifacts.find('AccessToken', 'grantless'), undefined);
    assert.deepEqual(await artifacts.find('Session', 'other'), {});
    assert.deepEqual(await artifacts.find('AccessToken', 'other'), {});
    assert.deepEqual(await artifacts.find('ClientCredentials', 'machine'), {});
    assert.equal(await isGrantRevoked(artifacts, 'g'), true);
    assert.equal(await isGrantRevoked(artifacts, 'h'), false);
    await assert.rejects(
      artifacts.upsert('AccessToken', 'late', { ...write, accountId: 'alice', grantId: 'g' }),
      GrantRevokedError,
    );
  });

  it('accepts new grants of an account whose artifacts were revoked', async ({
    store: { artifacts },
    clock,
  }) => {
    await artifacts.revokeAccount('alice', clock.now + 3600);
    const write = { payload: {}, expiresAt: clock.now + 60, accountId: 'alice', grantId: 'new' };
    await artifacts.upsert('AccessToken', 'a', write);
    assert.deepEqual(await artifacts.find('AccessToken', 'a'), {});
  });
}
