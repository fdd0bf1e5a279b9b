import type { ClientRecord, Store } from '../../src/store/store.ts';

const CLIENT: ClientRecord = {
  id: 'web',
  instance: 'i',
  metadata: {},
  secrets: [],
  source: 'added',
  createdAt: 0,
  updatedAt: 0,
};

let calls = 0;

/** Starts every kind of operation once, all at the same time. Each succeeds when the store works, also when it is repeated. */
export function everyOperation(store: Store): Promise<unknown>[] {
  const { artifacts, accounts, clients, signingKeys, audit } = store;
  const expiresAt = Math.floor(Date.now() / 1000) + 60;
  const grantId = `grant-${calls++}`;
  return [
    artifacts.upsert('Session', 's', { payload: {}, expiresAt, uid: 'u', accountId: 'alice' }),
    artifacts.upsert('RefreshToken', 'r', { payload: {}, expiresAt, grantId: 'another' }),
    artifacts.find('Session', 's'),
    artifacts.findByUid('Session', 'u'),
    artifacts.consume('Session', 's'),
    artifacts.read('Session', 's'),
    artifacts.findAnswer('RefreshToken', 'r'),
    artifacts.commit({
      consume: { kind: 'RefreshToken', id: 'r', answer: { payload: {}, expiresAt } },
      writes: [
        {
          kind: 'RefreshToken',
          id: `successor-${calls}`,
          write: { payload: {}, expiresAt, grantId: 'another' },
        },
      ],
      accounts: [{ id: 'alice', generation: 0 }],
    }),
    artifacts.createOnce('ReplayDetection', 'jti', expiresAt),
    artifacts.destroy('Session', 's'),
    artifacts.destroyByGrant('AccessToken', grantId),
    artifacts.revokeGrant(grantId, expiresAt),
    artifacts.revokeAccount('bob', expiresAt),
    accounts.find('alice'),
    accounts.findByUsername('alice'),
    accounts.findByEmail('alice@example.com', 2),
    accounts.update('alice', () => ({ disabled: true })),
    accounts.list({ limit: 1 }),
    accounts.list({ search: 'a', group: 'b', disabled: true, limit: 1 }),
    accounts.completeIndex(1),
    clients.update(CLIENT.id, () => CLIENT),
    clients.find(CLIENT.id),
    clients.list({ limit: 1 }),
    signingKeys.list(),
    signingKeys.put({ kid: 'k', sealed: 's', createdAt: 0 }),
    audit.append([{ at: 1, type: 'test' }]),
    audit.list({ limit: 1 }),
    store.ping(),
  ];
}
