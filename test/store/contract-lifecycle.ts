import assert from 'node:assert/strict';
import { StoreUnavailableError } from '../../src/store/errors.ts';
import type { StoreIt } from './store-test.ts';
import { isGrantRevoked } from './grant-probe.ts';

export function lifecycleContract(it: StoreIt): void {
  it('answers a ping', async ({ store }) => {
    await store.ping();
  });

  it('sweeps at most the limit, and nothing that has not expired', async ({ store, clock }) => {
    const { artifacts } = store;
    for (let index = 0; index < 10; index++) {
      const expiresAt = clock.now + (index < 5 ? 10 : 100);
      await artifacts.upsert('AccessToken', `token-${index}`, { payload: {}, expiresAt });
    }
    await artifacts.consume('AccessToken', 'token-9');
    await artifacts.createOnce('ReplayDetection', 'jti', clock.now + 100);
    await artifacts.revokeGrant('g', clock.now + 100);
    clock.advance(50);
    let removed: number;
    do {
      removed = await store.sweep(2);
      assert.ok(removed <= 2);
    } while (removed > 0);
    for (let index = 5; index < 10; index++) assert.ok(await artifacts.find('AccessToken', `token-${index}`));
    assert.equal(await artifacts.consume('AccessToken', 'token-9'), false);
    assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', clock.now + 100), false);
    assert.equal(await isGrantRevoked(artifacts, 'g'), true);
  });

  it('rejects every operation once it is closed', async ({ store, clock }) => {
    await store.close();
    await store.close();
    const { artifacts, listed, accounts, clients, signingKeys, audit, counters } = store;
    const operations = [
      () => artifacts.find('Session', 's'),
      () => artifacts.upsert('Session', 's', { payload: {}, expiresAt: clock.now + 60 }),
      () => artifacts.consume('Session', 's'),
      () => listed.list('Session', 'alice', { limit: 1 }),
      () => listed.endSession('alice', 'handle', clock.now),
      () => listed.revokeClient('alice', 'web', clock.now),
      () => artifacts.read('Session', 's'),
      () => artifacts.readByUid('Session', 'u'),
      () => artifacts.findAnswer('Session', 's'),
      () => artifacts.commit({}),
      () => accounts.find('alice'),
      () => accounts.remove('alice'),
      () => accounts.list({ limit: 1 }),
      () => accounts.list({ search: 'a', limit: 1 }),
      () => accounts.completeIndex(1),
      () => clients.find('web'),
      () => clients.remove('web'),
      () => signingKeys.list(),
      () => signingKeys.remove('kid'),
      () => audit.list({ limit: 1 }),
      () => audit.append([{ at: 1, type: 'test' }]),
      () => counters.add([{ key: 'a', lifetime: 60 }]),
      () => counters.read(['a']),
      () => store.ping(),
      () => store.sweep(1),
    ];
    for (const operation of operations) await assert.rejects(operation, StoreUnavailableError);
  });

  it('completes running operations before it closes', async ({ store, clock }) => {
    const { artifacts } = store;
    const writes = Array.from({ length: 300 }, (_, index) =>
      artifacts.upsert('AccessToken', `token-${index}`, { payload: {}, expiresAt: clock.now + 60 }),
    );
    await Promise.all([store.close(), ...writes]);
  });
}
