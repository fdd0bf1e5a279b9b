import assert from 'node:assert/strict';
import { GrantRevokedError } from '../../src/store/errors.ts';
import type { Payload } from '../../src/store/store.ts';
import type { StoreIt } from './store-test.ts';

/** `ArtifactStore.update`. */
export function updateContract(it: StoreIt): void {
  it('computes an artifact from the current one', async ({ store: { artifacts }, clock }) => {
    const expiresAt = clock.now + 60;
    const seen: (Payload | undefined)[] = [];
    const count = (current: Payload | undefined) => {
      seen.push(current);
      return { payload: { n: Number(current?.n ?? 0) + 1 }, expiresAt, uid: 'uid', accountId: 'alice' };
    };
    await artifacts.update('Session', 's', count);
    await artifacts.update('Session', 's', count);
    assert.deepEqual(seen, [undefined, { n: 1 }]);
    assert.deepEqual(await artifacts.find('Session', 's'), { n: 2 });
    assert.deepEqual(await artifacts.findByUid('Session', 'uid'), { n: 2 });
    await artifacts.revokeAccount('alice', expiresAt);
    await artifacts.update('Session', 's', count);
    assert.equal(seen.at(-1), undefined, 'a revoked artifact is absent');
    assert.deepEqual(await artifacts.find('Session', 's'), { n: 1 });
  });

  it('computes from undefined when the artifact has expired', async ({ store: { artifacts }, clock }) => {
    await artifacts.upsert('Consent', 'c', { payload: { old: true }, expiresAt: clock.now + 10 });
    clock.advance(10);
    const expiresAt = clock.now + 10;
    await artifacts.update('Consent', 'c', (current) => ({
      payload: { current: current ?? null },
      expiresAt,
    }));
    assert.deepEqual(await artifacts.find('Consent', 'c'), { current: null });
  });

  it('loses none of several concurrent changes', async ({ store: { artifacts }, clock }) => {
    const expiresAt = clock.now + 60;
    const names = Array.from({ length: 20 }, (_, index) => `name ${index}`);
    let calls = 0;
    await Promise.all(
      names.map((name) =>
        artifacts.update('Consent', 'c', (current) => {
          calls += 1;
          return { payload: { ...current, [name]: true }, expiresAt };
        }),
      ),
    );
    const found = await artifacts.find('Consent', 'c');
    assert.deepEqual(Object.keys(found ?? {}).toSorted(), names.toSorted());
    assert.equal(calls, names.length, 'changes of one process take turns');
  });

  it('keeps the mark of consumption and passes it to the change', async ({ store: { artifacts }, clock }) => {
    const write = { payload: { n: 1 }, expiresAt: clock.now + 60 };
    await artifacts.upsert('Session', 's', write);
    await artifacts.consume('Session', 's');
    await artifacts.update('Session', 's', (current) => {
      assert.deepEqual(current, { n: 1, consumed: clock.now });
      return { ...write, expiresAt: clock.now + 120 };
    });
    clock.advance(90);
    assert.equal((await artifacts.find('Session', 's'))?.consumed, clock.now - 90);
    assert.equal(await artifacts.consume('Session', 's'), false);
  });

  it('writes nothing under a revoked grant', async ({ store: { artifacts }, clock }) => {
    const expiresAt = clock.now + 60;
    await artifacts.revokeGrant('g', expiresAt);
    const update = artifacts.update('Grant', 'g', () => ({ payload: {}, expiresAt }));
    await assert.rejects(update, GrantRevokedError);
    assert.equal(await artifacts.find('Grant', 'g'), undefined);
  });

  it('changes nothing when the change throws, and rejects with its error', async ({
    store: { artifacts },
    clock,
  }) => {
    const write = { payload: { n: 1 }, expiresAt: clock.now + 60 };
    await artifacts.upsert('Consent', 'c', write);
    const failure = new Error('failed change');
    const [rejected, other] = await Promise.allSettled([
      artifacts.update('Consent', 'c', () => {
        throw failure;
      }),
      artifacts.update('Consent', 'c', () => ({ ...write, payload: { n: 2 } })),
    ]);
    assert.equal(rejected.status === 'rejected' && rejected.reason, failure);
    assert.equal(other.status, 'fulfilled');
    assert.deepEqual(await artifacts.find('Consent', 'c'), { n: 2 });
  });
}
