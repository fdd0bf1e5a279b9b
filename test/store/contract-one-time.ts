import assert from 'node:assert/strict';
import { countTrue, type StoreIt } from './store-test.ts';

export function oneTimeContract(it: StoreIt): void {
  it('lets exactly one of many callers consume an artifact (RFC 6749 §4.1.2)', async ({
    store: { artifacts },
    clock,
  }) => {
    await artifacts.upsert('AuthorizationCode', 'c', { payload: {}, expiresAt: clock.now + 60 });
    assert.equal(await countTrue(50, () => artifacts.consume('AuthorizationCode', 'c')), 1);
    assert.equal(await artifacts.consume('AuthorizationCode', 'c'), false);
  });

  it('creates an artifact once, and again after it has expired', async ({ store: { artifacts }, clock }) => {
    const kept: unknown[] = [];
    for (const lifetime of [10, 60]) {
      let number = 0;
      const create = () => {
        const write = { payload: { number: ++number }, expiresAt: clock.now + lifetime };
        return artifacts.create('RefreshAnswer', 'r', write);
      };
      assert.equal(await countTrue(50, create), 1);
      kept.push(await artifacts.find('RefreshAnswer', 'r'));
      assert.equal(await create(), false);
      assert.deepEqual(await artifacts.find('RefreshAnswer', 'r'), kept.at(-1));
      clock.advance(10);
    }
    assert.ok(kept.every((payload) => payload !== undefined));
  });

  it('returns the time of consumption', async ({ store: { artifacts }, clock }) => {
    await artifacts.upsert('RefreshToken', 'r', { payload: { a: 1 }, expiresAt: clock.now + 60, uid: 'u' });
    clock.advance(5);
    assert.equal(await artifacts.consume('RefreshToken', 'r'), true);
    const consumed = { a: 1, consumed: clock.now };
    clock.advance(5);
    assert.deepEqual(await artifacts.find('RefreshToken', 'r'), consumed);
    assert.deepEqual(await artifacts.findByUid('RefreshToken', 'u'), consumed);
  });

  it('does not consume an artifact that is absent or expired', async ({ store: { artifacts }, clock }) => {
    assert.equal(await artifacts.consume('AuthorizationCode', 'absent'), false);
    await artifacts.upsert('AuthorizationCode', 'c', { payload: {}, expiresAt: clock.now + 60 });
    assert.equal(await artifacts.consume('RefreshToken', 'c'), false);
    clock.advance(60);
    assert.equal(await artifacts.consume('AuthorizationCode', 'c'), false);
  });

  it('keeps an artifact consumed when it is replaced', async ({ store: { artifacts }, clock }) => {
    await artifacts.upsert('DeviceCode', 'd', { payload: {}, expiresAt: clock.now + 60 });
    await artifacts.consume('DeviceCode', 'd');
    const consumed = clock.now;
    clock.advance(1);
    await artifacts.upsert('DeviceCode', 'd', { payload: { n: 2 }, expiresAt: clock.now + 60 });
    assert.equal(await artifacts.consume('DeviceCode', 'd'), false);
    assert.deepEqual(await artifacts.find('DeviceCode', 'd'), { n: 2, consumed });
  });

  it('keeps an id consumed when it is destroyed and written again', async ({
    store: { artifacts },
    clock,
  }) => {
    const write = { payload: {}, expiresAt: clock.now + 60, grantId: 'g' };
    await artifacts.upsert('AuthorizationCode', 'c', write);
    await artifacts.consume('AuthorizationCode', 'c');
    await artifacts.destroy('AuthorizationCode', 'c');
    assert.equal(await artifacts.consume('AuthorizationCode', 'c'), false);
    await artifacts.upsert('AuthorizationCode', 'c', write);
    assert.equal(await artifacts.consume('AuthorizationCode', 'c'), false);
    await artifacts.destroyByGrant('AuthorizationCode', 'g');
    await artifacts.upsert('AuthorizationCode', 'c', write);
    assert.equal(await artifacts.consume('AuthorizationCode', 'c'), false);
    assert.deepEqual(await artifacts.find('AuthorizationCode', 'c'), { consumed: clock.now });
  });

  it('keeps an id consumed until its replacement expires', async ({ store: { artifacts }, clock }) => {
    await artifacts.upsert('RefreshToken', 'r', { payload: {}, expiresAt: clock.now + 10 });
    await artifacts.consume('RefreshToken', 'r');
    await artifacts.upsert('RefreshToken', 'r', { payload: {}, expiresAt: clock.now + 100 });
    clock.advance(50);
    assert.equal(await artifacts.consume('RefreshToken', 'r'), false);
    clock.advance(50);
    await artifacts.upsert('RefreshToken', 'r', { payload: {}, expiresAt: clock.now + 10 });
    assert.equal(await artifacts.consume('RefreshToken', 'r'), true);
  });

  it('lets exactly one of many callers consume while others destroy and write the artifact', async ({
    store,
    clock,
  }) => {
    const { artifacts } = store;
    const write = { payload: {}, expiresAt: clock.now + 60 };
    await artifacts.upsert('RefreshToken', 'r', write);
    const successes = await countTrue(50, async () => {
      const [consumed] = await Promise.all([
        artifacts.consume('RefreshToken', 'r'),
        artifacts.destroy('RefreshToken', 'r'),
        artifacts.upsert('RefreshToken', 'r', write),
      ]);
      return consumed;
    });
    assert.equal(successes, 1);
  });

  it('accepts a replay id once until it expires (RFC 7523 §3)', async ({ store: { artifacts }, clock }) => {
    const expiresAt = clock.now + 60;
    const create = () => artifacts.createOnce('ReplayDetection', 'jti', expiresAt);
    assert.equal(await countTrue(50, create), 1);
    clock.advance(59);
    assert.equal(await create(), false);
    clock.advance(1);
    assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', clock.now + 60), true);
    assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', clock.now + 60), false);
  });

  it('rejects a replay id that has already expired', async ({ store: { artifacts }, clock }) => {
    assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', clock.now), false);
    assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', clock.now - 10), false);
  });

  it('keeps a replay id when an artifact with the same id is destroyed', async ({
    store: { artifacts },
    clock,
  }) => {
    await artifacts.createOnce('ReplayDetection', 'jti', clock.now + 60);
    await artifacts.destroy('ReplayDetection', 'jti');
    assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', clock.now + 60), false);
    assert.equal(await artifacts.createOnce('PushedAuthorizationRequest', 'jti', clock.now + 60), true);
  });
}
