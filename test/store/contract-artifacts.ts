import assert from 'node:assert/strict';
import type { StoreIt } from './store-test.ts';

export function artifactContract(it: StoreIt): void {
  it('returns the payload that was written', async ({ store: { artifacts }, clock }) => {
    const payload = {
      jti: 'token-1',
      iat: clock.now,
      scope: 'openid profile',
      claims: { id_token: { acr: null, auth_time: { essential: true } } },
      amr: ['pwd', 'otp'],
      name: 'Zoë 🗝 "quoted" \\ \u0000 end',
      empty: {},
    };
    await artifacts.upsert('AccessToken', 'token-1', { payload, expiresAt: clock.now + 60 });
    assert.deepEqual(await artifacts.find('AccessToken', 'token-1'), payload);
  });

  it('finds nothing by an id that was never written', async ({ store: { artifacts } }) => {
    assert.equal(await artifacts.find('AccessToken', 'nobody'), undefined);
    assert.equal(await artifacts.find('AccessToken', ''), undefined);
    assert.equal(await artifacts.findByUid('Session', 'nobody'), undefined);
    assert.equal(await artifacts.findByUserCode('DeviceCode', 'nobody'), undefined);
  });

  it('finds only what the caller accepts', async ({ store: { artifacts }, clock }) => {
    const write = { payload: { n: 1 }, expiresAt: clock.now + 60, grantId: 'g' };
    await artifacts.upsert('RefreshToken', 't', write);
    const isFirst = ({ n }: { n?: unknown }) => n === 1;
    assert.deepEqual(await artifacts.find('RefreshToken', 't', isFirst), { n: 1 });
    assert.equal(await artifacts.find('RefreshToken', 't', ({ n }) => n !== 1), undefined);
    await artifacts.consume('RefreshToken', 't');
    assert.equal(
      await artifacts.find('RefreshToken', 't', ({ consumed }) => consumed === undefined),
      undefined,
    );
    assert.deepEqual(await artifacts.find('RefreshToken', 't', isFirst), { n: 1, consumed: clock.now });
    await artifacts.revokeGrant('g', clock.now + 60);
    assert.equal(await artifacts.find('RefreshToken', 't', isFirst), undefined);
    assert.equal(await artifacts.find('RefreshToken', 'nobody', () => assert.fail()), undefined);
  });

  it('treats the same id of different kinds as different artifacts', async ({
    store: { artifacts },
    clock,
  }) => {
    await artifacts.upsert('AccessToken', 'same', { payload: { n: 1 }, expiresAt: clock.now + 60 });
    await artifacts.upsert('RefreshToken', 'same', { payload: { n: 2 }, expiresAt: clock.now + 60 });
    await artifacts.destroy('AccessToken', 'same');
    assert.equal(await artifacts.find('AccessToken', 'same'), undefined);
    assert.deepEqual(await artifacts.find('RefreshToken', 'same'), { n: 2 });
    assert.equal(await artifacts.find('Session', 'same'), undefined);
  });

  it('replaces an artifact entirely', async ({ store: { artifacts }, clock }) => {
    await artifacts.upsert('Session', 's', {
      payload: { old: true },
      expiresAt: clock.now + 10,
      uid: 'uid-old',
      accountId: 'alice',
    });
    await artifacts.upsert('Session', 's', {
      payload: { n: 2 },
      expiresAt: clock.now + 60,
      uid: 'uid-new',
      accountId: 'bob',
    });
    clock.advance(30);
    assert.deepEqual(await artifacts.find('Session', 's'), { n: 2 });
    assert.equal(await artifacts.findByUid('Session', 'uid-old'), undefined);
    assert.deepEqual(await artifacts.findByUid('Session', 'uid-new'), { n: 2 });
    await artifacts.revokeAccount('alice', clock.now + 60);
    assert.deepEqual(await artifacts.find('Session', 's'), { n: 2 });
    await artifacts.revokeAccount('bob', clock.now + 60);
    assert.equal(await artifacts.find('Session', 's'), undefined);
  });

  it('finds the whole payload by each of its keys', async ({ store: { artifacts }, clock }) => {
    const session = { jti: 'session-id', uid: 'session-uid', authorizations: { web: { grantId: 'grant' } } };
    const deviceCode = { jti: 'device-code', userCode: 'WDJB-MJHT', params: { scope: 'openid' } };
    const expiresAt = clock.now + 60;
    await artifacts.upsert('Session', 'session-id', { payload: session, expiresAt, uid: 'session-uid' });
    await artifacts.upsert('DeviceCode', 'device-code', {
      payload: deviceCode,
      expiresAt,
      userCode: 'WDJB-MJHT',
    });
    assert.deepEqual(await artifacts.find('Session', 'session-id'), session);
    assert.deepEqual(await artifacts.findByUid('Session', 'session-uid'), session);
    assert.deepEqual(await artifacts.find('DeviceCode', 'device-code'), deviceCode);
    assert.deepEqual(await artifacts.findByUserCode('DeviceCode', 'WDJB-MJHT'), deviceCode);
    assert.equal(await artifacts.findByUid('Interaction', 'session-uid'), undefined);
    assert.equal(await artifacts.findByUid('DeviceCode', 'WDJB-MJHT'), undefined);
    assert.equal(await artifacts.findByUserCode('Session', 'session-uid'), undefined);
  });

  it('finds a session by its uid after its id has changed', async ({ store: { artifacts }, clock }) => {
    const expiresAt = clock.now + 60;
    await artifacts.upsert('Session', 'before', { payload: { jti: 'before' }, expiresAt, uid: 'u' });
    await artifacts.destroy('Session', 'before');
    await artifacts.upsert('Session', 'after', { payload: { jti: 'after' }, expiresAt, uid: 'u' });
    assert.deepEqual(await artifacts.findByUid('Session', 'u'), { jti: 'after' });
    await artifacts.destroy('Session', 'after');
    assert.equal(await artifacts.findByUid('Session', 'u'), undefined);
  });

  it('does not find expired artifacts', async ({ store: { artifacts }, clock }) => {
    const expiresAt = clock.now + 60;
    await artifacts.upsert('Session', 's', { payload: {}, expiresAt, uid: 'u' });
    await artifacts.upsert('DeviceCode', 'd', { payload: {}, expiresAt, userCode: 'c' });
    clock.advance(59);
    assert.deepEqual(await artifacts.find('Session', 's'), {});
    assert.deepEqual(await artifacts.findByUid('Session', 'u'), {});
    assert.deepEqual(await artifacts.findByUserCode('DeviceCode', 'c'), {});
    clock.advance(1);
    assert.equal(await artifacts.find('Session', 's'), undefined);
    assert.equal(await artifacts.findByUid('Session', 'u'), undefined);
    assert.equal(await artifacts.findByUserCode('DeviceCode', 'c'), undefined);
  });

  it('stores the payload as it was at the time of the call', async ({ store: { artifacts }, clock }) => {
    const payload = { state: 'asked' };
    const written = artifacts.upsert('Interaction', 'i', { payload, expiresAt: clock.now + 60 });
    payload.state = 'changed later';
    await written;
    assert.deepEqual(await artifacts.find('Interaction', 'i'), { state: 'asked' });
  });

  it('destroys an artifact, and resolves when there is none', async ({ store: { artifacts }, clock }) => {
    await artifacts.upsert('Session', 's', { payload: {}, expiresAt: clock.now + 60 });
    await artifacts.destroy('Session', 's');
    await artifacts.destroy('Session', 's');
    assert.equal(await artifacts.find('Session', 's'), undefined);
  });

  it('destroys one kind under a grant and keeps the grant', async ({ store: { artifacts }, clock }) => {
    const write = { payload: {}, expiresAt: clock.now + 60 };
    await artifacts.upsert('Grant', 'g', { ...write, grantId: 'g' });
    await artifacts.upsert('AccessToken', 'a1', { ...write, grantId: 'g' });
    await artifacts.upsert('AccessToken', 'a2', { ...write, grantId: 'g' });
    await artifacts.upsert('RefreshToken', 'r', { ...write, grantId: 'g' });
    await artifacts.upsert('AccessToken', 'other', { ...write, grantId: 'h' });
    await artifacts.destroyByGrant('AccessToken', 'g');
    assert.equal(await artifacts.find('AccessToken', 'a1'), undefined);
    assert.equal(await artifacts.find('AccessToken', 'a2'), undefined);
    assert.deepEqual(await artifacts.find('RefreshToken', 'r'), {});
    assert.deepEqual(await artifacts.find('Grant', 'g'), {});
    assert.deepEqual(await artifacts.find('AccessToken', 'other'), {});
    await artifacts.upsert('AccessToken', 'a3', { ...write, grantId: 'g' });
    assert.deepEqual(await artifacts.find('AccessToken', 'a3'), {});
  });
}
