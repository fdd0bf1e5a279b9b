import assert from 'node:assert/strict';
import type { Store, StoreCounts } from '../../src/store/store.ts';
import { accountNamed } from './account-records.ts';

/** What each operation costs: reads, transactions, round trips, waits until a write is durable. */
type Costs = readonly [reads: number, transactions: number, roundTrips: number, durableWaits: number];

export type OperationCosts = Readonly<Record<keyof ReturnType<typeof operationsOf>, Costs>>;

const EXPIRES_AT = Math.floor(Date.now() / 1000) + 60;
const ALICE = { id: 'alice', generation: 0 };
const WEB = { id: 'web', instance: 'i' };

/** In the order in which they run; later ones need the artifacts of earlier ones. */
function operationsOf({ artifacts, accounts, counters, audit }: Store) {
  const owned = { payload: {}, expiresAt: EXPIRES_AT, grantId: 'g', accountId: 'alice' };
  const owners = { accounts: [ALICE], clients: [WEB] };
  const refresh = (successor: string) =>
    artifacts.commit({
      ...owners,
      consume: { kind: 'RefreshToken', id: 'old', answer: { payload: {}, expiresAt: EXPIRES_AT } },
      writes: [
        { kind: 'AccessToken', id: `access ${successor}`, write: owned },
        { kind: 'RefreshToken', id: successor, write: owned },
      ],
    });
  return {
    'a durable artifact': () => artifacts.upsert('RefreshToken', 'old', owned),
    'a local artifact': () => artifacts.upsert('AccessToken', 'a', owned),
    'an artifact with a uid': () =>
      artifacts.upsert('Session', 's', { ...owned, grantId: undefined, uid: 'u' }),
    find: () => artifacts.find('RefreshToken', 'old'),
    'find what is not accepted': () => artifacts.find('RefreshToken', 'old', () => false),
    'find by uid': () => artifacts.findByUid('Session', 'u'),
    update: () => artifacts.update('Session', 's', () => ({ ...owned, grantId: undefined, uid: 'u' })),
    'a session and a code': async () => {
      const { version } = await artifacts.read('Session', 's');
      const session = { ...owned, grantId: undefined, uid: 'u' };
      return artifacts.commit({
        ...owners,
        writes: [
          { kind: 'Session', id: 's', write: session, version },
          { kind: 'AuthorizationCode', id: 'c', write: owned },
        ],
      });
    },
    'a session that gets another id': async () => {
      const { version } = await artifacts.read('Session', 's');
      const session = { ...owned, grantId: undefined, uid: 'u' };
      return artifacts.commit({
        ...owners,
        writes: [
          { kind: 'Session', id: 's', write: { ...session, accountId: undefined }, version },
          { kind: 'Session', id: 't', write: session },
        ],
      });
    },
    'a refresh': () => refresh('new'),
    'a refresh that is too late': () => refresh('late'),
    'find the answer': () => artifacts.findAnswer('RefreshToken', 'old'),
    consume: () => artifacts.consume('AuthorizationCode', 'c'),
    'a replay id': () => artifacts.createOnce('ReplayDetection', 'jti', EXPIRES_AT),
    'a replay id of DPoP': () => artifacts.createOnce('DPoPProof', 'jti', EXPIRES_AT),
    'revoke a grant': () => artifacts.revokeGrant('g', EXPIRES_AT),
    'find an account': () => accounts.find('alice'),
    'find by username': () => accounts.findByUsername('bob'),
    'find by an unknown username': () => accounts.findByUsername('nobody'),
    'find by email address': () => accounts.findByEmail('bob@example.com', 2),
    'find by an unknown email address': () => accounts.findByEmail('nobody@example.com', 2),
    'change an account': () => accounts.update('alice', ({ claims }) => ({ claims })),
    'change an account, and tell its person': () =>
      accounts.update(
        'alice',
        ({ claims }) => ({ claims }),
        () => [{ id: 'j', kind: 'mail', sealed: 'x' }],
      ),
    'count an attempt': () => counters.add([{ key: 'k', lifetime: 60 }]),
    'append audit events': () => audit.append([{ at: 1, type: 'test' }]),
  };
}

/** Compares the costs of every operation with those that are expected; equal, because they are exact. */
export async function assertCosts(store: Store, expected: OperationCosts): Promise<void> {
  const times = { createdAt: 0, updatedAt: 0 };
  await store.accounts.create(accountNamed('alice', 'alice'));
  await store.accounts.create({ ...accountNamed('bob', 'bob'), claims: { email: 'bob@example.com' } });
  await store.clients.create({ ...WEB, metadata: {}, secrets: [], source: 'added', ...times });
  const found: Record<string, Costs> = {};
  for (const [name, run] of Object.entries(operationsOf(store))) {
    const before: StoreCounts = { ...store.counts };
    await run();
    const { reads, transactions, roundTrips, durableWaits } = store.counts;
    found[name] = [
      reads - before.reads,
      transactions - before.transactions,
      roundTrips - before.roundTrips,
      durableWaits - before.durableWaits,
    ];
  }
  assert.deepEqual(found, expected);
}
