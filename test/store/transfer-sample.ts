import assert from 'node:assert/strict';
import {
  type AccountRecord,
  type AuditEvent,
  type ClientRecord,
  type DumpRecord,
  sessionHandle,
  type Store,
} from '../../src/store/store.ts';
import { isGrantRevoked } from './grant-probe.ts';

/** A store with one record of every type that a transfer must move, and the check that all of them behave as before. */

const ACCOUNT: AccountRecord = {
  id: 'id-of-alice',
  username: 'alice',
  passwordHash: '$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA',
  claims: { name: 'Alice Ünïcode\n', groups: ['staff'], address: { locality: 'Wonderland' } },
  disabled: true,
  generation: 3,
  revocations: {
    sessions: { '0123456789abcdef': { at: 8, until: 9 } },
    withdrawals: 1,
    clients: { i: { number: 1, at: 2, until: 3 } },
  },
  details: { factors: { recoveryCodes: { createdAt: 1, digests: ['d'] } } },
  createdAt: 1,
  updatedAt: 2,
};

const CLIENT: ClientRecord = {
  id: 'web',
  instance: 'i',
  metadata: { redirect_uris: ['http://localhost/cb'] },
  secrets: [{ digest: 'sha256$a$b', createdAt: 1, expiresAt: 2 }],
  source: 'declared',
  createdAt: 1,
  updatedAt: 2,
};

const REGISTERED: ClientRecord = {
  ...CLIENT,
  id: 'stranger',
  source: 'registered',
  registration: { tokenDigest: 'digest', network: '192.0.2.0/24', lastUsedAt: 3 },
};

const KEY = { kid: 'k', sealed: 'sealed', createdAt: 1 };
const OTHER_KEY = { kid: 'l', alg: 'ES256', sealed: 'sealed', createdAt: 1 };

const JOB = { id: 'j', kind: 'test', accountId: 'id-of-alice', clientId: 'web', sealed: 'sealed' };
const FAILED = { id: 'f', kind: 'test', sealed: 'sealed' };
const LAST = { ...JOB, id: 'last' };

const FACTS = { beganAt: 1, userAgent: 'Browser/1 "x"\n', clients: ['web'] };

const EVENTS: AuditEvent[] = [
  {
    at: 5000,
    type: 'login.failed',
    actor: { kind: 'operator', id: 'jane', via: 'command' },
    target: { kind: 'session', id: 's' },
    accountId: 'id-of-alice',
    clientId: 'web',
    ip: '127.0.0.1',
    traceId: 't',
  },
  { at: 5000, type: 'login.succeeded', detail: { n: 1 } },
];

/** Epoch seconds: 9999-12-31. */
const NEVER = 253_402_300_799;

/** @param now epoch seconds */
export async function fill(
  { artifacts, accounts, clients, signingKeys, jobs, audit }: Store,
  now: number,
): Promise<void> {
  const expiresAt = now + 1000;
  const ofAlice = { payload: { n: 1 }, expiresAt, accountId: ACCOUNT.id };
  await accounts.create(ACCOUNT);
  await accounts.create({ ...ACCOUNT, id: 'id-of-bob', username: 'bob', passwordHash: undefined });
  await clients.create(CLIENT);
  await clients.create({ ...CLIENT, id: 'other', source: 'added' });
  await clients.create(REGISTERED);
  await signingKeys.put(KEY);
  await signingKeys.put(OTHER_KEY);
  for (const event of EVENTS) await audit.append([event]);

  await artifacts.upsert('Grant', 'grant', ofAlice);
  await artifacts.upsert('RefreshToken', 'fresh', { ...ofAlice, grantId: 'grant' });
  await artifacts.upsert('RefreshToken', 'used', { ...ofAlice, grantId: 'grant' });
  await artifacts.consume('RefreshToken', 'used');
  await artifacts.upsert('AuthorizationCode', 'code', { ...ofAlice, grantId: 'grant' });
  await artifacts.upsert('AuthorizationCode', 'gone', { ...ofAlice, grantId: 'grant' });
  await artifacts.consume('AuthorizationCode', 'gone');
  await artifacts.destroy('AuthorizationCode', 'gone');
  await artifacts.upsert('Session', 'old session', { ...ofAlice, payload: { n: 0 }, uid: 'uid' });
  await jobs.enqueue([FAILED]);
  const [claimed] = await jobs.claim({ limit: 1, until: now + 30 });
  if (claimed) await jobs.settle(claimed, { outcome: 'failed', reason: 'status 400' });
  await jobs.enqueue([JOB]);
  const listed = { facts: FACTS, grants: { web: 'listed' }, jobs: [LAST] };
  await artifacts.upsert('Session', 'session', { ...ofAlice, expiresAt: expiresAt + 1, uid: 'uid', listed });
  await artifacts.upsert('Consent', 'consent', { ...ofAlice, listed: { facts: FACTS } });
  await artifacts.upsert('DeviceCode', 'device', { payload: { n: 2 }, expiresAt, userCode: 'ABCD-EFGH' });
  await artifacts.upsert('AccessToken', 'of an ended grant', { payload: {}, expiresAt, grantId: 'ended' });
  await artifacts.revokeGrant('ended', expiresAt);
  await artifacts.upsert('Session', 'of bob', { payload: {}, expiresAt, accountId: 'id-of-bob' });
  await artifacts.upsert('PairwiseSalt', 'current', { payload: { n: 3 }, expiresAt: NEVER });
  await artifacts.createOnce('ReplayDetection', 'jti', expiresAt);
  await artifacts.upsert('Interaction', 'soon over', { payload: {}, expiresAt: now + 10 });
}

/** The number of records of `fill` in a dump, while its interaction has not expired. */
export const COUNTS: Readonly<Record<DumpRecord['type'], number>> = {
  artifact: 11,
  consumption: 2,
  'replay id': 1,
  tombstone: 1,
  account: 2,
  client: 3,
  'signing key': 2,
  job: 2,
  'audit event': 2,
};

/** Asserts that everything behaves as in the store that was filled. Consumes and revokes artifacts. */
export async function assertSame(store: Store, now: number): Promise<void> {
  const { artifacts, accounts, clients, signingKeys, audit } = store;
  const expiresAt = now + 1000;
  assert.deepEqual(await accounts.find(ACCOUNT.id), ACCOUNT);
  assert.deepEqual(await accounts.findByUsername('alice'), ACCOUNT);
  assert.deepEqual(
    (await accounts.list({ limit: 5 })).map(({ username }) => username),
    ['alice', 'bob'],
  );
  assert.deepEqual(await accounts.list({ search: 'ÜNÏ', group: 'staff', disabled: true, limit: 1 }), [
    ACCOUNT,
  ]);
  await assert.rejects(accounts.create({ ...ACCOUNT, id: 'new' }), { name: 'ConflictError' });
  assert.deepEqual(await artifacts.find('PairwiseSalt', 'current'), { n: 3 });
  assert.deepEqual(await clients.find('web'), CLIENT);
  assert.deepEqual(
    (await clients.list({ limit: 5, source: 'added' })).map(({ id }) => id),
    ['other'],
  );
  assert.deepEqual(await clients.list({ limit: 5, source: 'registered' }), [REGISTERED]);
  assert.deepEqual(await signingKeys.list(), [KEY, OTHER_KEY]);
  assert.deepEqual(await audit.list({ limit: 5 }), EVENTS.toReversed());
  assert.deepEqual(await audit.list({ limit: 5, accountId: ACCOUNT.id }), [EVENTS[0]]);

  assert.deepEqual(await artifacts.find('Session', 'session'), { n: 1 });
  assert.deepEqual(await artifacts.findByUid('Session', 'uid'), { n: 1 });
  assert.deepEqual(await artifacts.find('Session', 'old session'), { n: 0 });
  assert.deepEqual(await artifacts.findByUserCode('DeviceCode', 'ABCD-EFGH'), { n: 2 });
  assert.equal((await artifacts.find('RefreshToken', 'used'))?.consumed, now);
  assert.equal(await artifacts.consume('RefreshToken', 'used'), false);
  assert.equal(await artifacts.consume('RefreshToken', 'fresh'), true);
  assert.equal(await artifacts.consume('AuthorizationCode', 'code'), true);
  assert.equal(await artifacts.consume('AuthorizationCode', 'code'), false);
  await artifacts.upsert('AuthorizationCode', 'gone', { payload: {}, expiresAt });
  assert.equal(await artifacts.consume('AuthorizationCode', 'gone'), false);
  assert.equal(await artifacts.createOnce('ReplayDetection', 'jti', expiresAt), false);
  assert.equal(await artifacts.createOnce('ReplayDetection', 'other', expiresAt), true);

  await assertListed(store, expiresAt);
  await assertJobs(store, now);
  assert.equal(await isGrantRevoked(artifacts, 'ended'), true);
  assert.equal(await artifacts.find('AccessToken', 'of an ended grant'), undefined);
  const late = artifacts.upsert('AccessToken', 'late', { payload: {}, expiresAt, grantId: 'ended' });
  await assert.rejects(late, { name: 'GrantRevokedError' });

  await artifacts.destroyByGrant('RefreshToken', 'grant');
  assert.equal(await artifacts.find('RefreshToken', 'fresh'), undefined);
  assert.deepEqual(await artifacts.find('Grant', 'grant'), { n: 1 });
  assert.equal(await store.listed.endSession(ACCOUNT.id, sessionHandle('uid'), expiresAt), true);
  assert.equal(await isGrantRevoked(artifacts, 'listed'), true);
  await artifacts.revokeAccount(ACCOUNT.id, expiresAt);
  assert.equal(await isGrantRevoked(artifacts, 'grant'), true);
  assert.equal(await artifacts.find('Session', 'session'), undefined);
  assert.deepEqual(await artifacts.find('Session', 'of bob'), {});
}

async function assertJobs({ accounts, jobs }: Store, now: number): Promise<void> {
  const at = { createdAt: now, since: now, dueAt: now };
  const failed = { ...FAILED, ...at, state: 'failed', attempts: 1, reason: 'status 400' };
  const waiting = (job: object) => ({ ...job, ...at, state: 'waiting', attempts: 0 });
  const all = async () => (await jobs.list({}, { limit: 5 })).jobs;
  assert.deepEqual(await all(), [failed, waiting(JOB)]);
  assert.equal(await jobs.nextDue(), now);
  await accounts.update(ACCOUNT.id, ({ generation }) => ({ generation: generation + 1 }));
  assert.deepEqual(await all(), [failed, waiting(JOB), waiting(LAST)]);
}

async function assertListed({ listed }: Store, expiresAt: number): Promise<void> {
  const { records } = await listed.list('Session', ACCOUNT.id, { limit: 5 });
  assert.deepEqual(records[0], { handle: sessionHandle('uid'), expiresAt: expiresAt + 1, facts: FACTS });
  assert.deepEqual(
    (await listed.list('Consent', ACCOUNT.id, { limit: 5 })).records.map(({ facts }) => facts),
    [FACTS],
  );
}

export async function countRecords(records: AsyncIterable<DumpRecord>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const { type } of records) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
