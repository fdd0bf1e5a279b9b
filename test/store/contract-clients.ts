import assert from 'node:assert/strict';
import { ConflictError } from '../../src/store/errors.ts';
import type { ClientRecord } from '../../src/store/store.ts';
import type { StoreIt } from './store-test.ts';

const WEB: ClientRecord = {
  id: 'web',
  instance: 'instance-of-web',
  metadata: { client_name: 'Web “shop”', redirect_uris: ['https://shop.example/cb'], nested: { a: null } },
  secrets: [
    { digest: 'sha256$c2FsdA$bmV3', createdAt: 1_800_000_000, sealed: 'v1.0a1b.bm9uY2U.Ym9keQ.dGFn' },
    { digest: 'sha256$c2FsdA$b2xk', createdAt: 1_700_000_000, expiresAt: 1_800_003_600 },
  ],
  source: 'declared',
  createdAt: 1_700_000_000,
  updatedAt: 1_800_000_000,
};

const MACHINE: ClientRecord = { ...WEB, id: 'machine', secrets: [], source: 'added' };

/** Registered itself. */
const STRANGER: ClientRecord = {
  ...MACHINE,
  id: 'stranger',
  source: 'registered',
  registration: {
    tokenDigest: 'digest',
    network: '192.0.2.0/24',
    initialToken: 'team',
    terms: { scopes: ['openid'], hosts: ['app.example'] },
    statement: { issuer: 'https://vendor.example', jwt: 'a.b.c' },
    lastUsedAt: 1_700_000_000,
  },
};

export function clientContract(it: StoreIt): void {
  it('returns the client that was created', async ({ store: { clients } }) => {
    await clients.create(WEB);
    await clients.create(MACHINE);
    await clients.create(STRANGER);
    assert.deepEqual(await clients.find('stranger'), STRANGER);
    assert.deepEqual(await clients.find('web'), WEB);
    assert.deepEqual(await clients.find('machine'), MACHINE);
    assert.equal(await clients.find('nobody'), undefined);
  });

  it('replaces a client entirely', async ({ store: { clients } }) => {
    await clients.create(WEB);
    const replaced = { ...MACHINE, id: 'web', metadata: { client_name: 'New' }, createdAt: 1, updatedAt: 2 };
    assert.deepEqual(await clients.update('web', () => replaced), replaced);
    assert.deepEqual(await clients.list({ limit: 2, source: 'declared' }), []);
    assert.deepEqual(await clients.list({ limit: 2, source: 'added' }), [replaced]);
    assert.deepEqual(await clients.find('web'), replaced);
    const accepted: ClientRecord = { ...replaced, source: 'declared' };
    await clients.create(STRANGER);
    await clients.update('stranger', () => accepted);
    assert.deepEqual(await clients.list({ limit: 2, source: 'registered' }), []);
    assert.deepEqual(await clients.find('stranger'), { ...accepted, id: 'stranger' });
    await clients.update('stranger', () => STRANGER);
    assert.deepEqual(await clients.list({ limit: 2, source: 'declared' }), []);
    assert.deepEqual(await clients.list({ limit: 2, source: 'registered' }), [STRANGER]);
  });

  it('changes nothing when there is no such client or the change returns undefined', async ({
    store: { clients },
  }) => {
    await clients.create(WEB);
    assert.equal(await clients.update('nobody', () => MACHINE), undefined);
    assert.equal(await clients.update('web', () => undefined), undefined);
    assert.deepEqual(await clients.list({ limit: 2 }), [WEB]);
  });

  it('loses none of several concurrent changes', async ({ store: { clients } }) => {
    await clients.create({ ...WEB, secrets: [] });
    const digests = Array.from({ length: 20 }, (_, index) => `digest ${index}`);
    await Promise.all(
      digests.map((digest) =>
        clients.update('web', (current) => ({
          ...current,
          secrets: [{ digest, createdAt: 0 }, ...current.secrets],
        })),
      ),
    );
    const { secrets } = (await clients.find('web')) as ClientRecord;
    assert.deepEqual(secrets.map(({ digest }) => digest).toSorted(), digests.toSorted());
  });

  it('rejects the creation of a client whose id is taken', async ({ store: { clients } }) => {
    await clients.create(WEB);
    await assert.rejects(clients.create({ ...MACHINE, id: 'web' }), ConflictError);
    assert.deepEqual(await clients.find('web'), WEB);
  });

  it('removes a client', async ({ store: { clients } }) => {
    await clients.create(WEB);
    assert.equal(await clients.remove('web'), true);
    assert.equal(await clients.remove('web'), false);
    assert.equal(await clients.find('web'), undefined);
  });

  it('lists by id, page by page, for one source or for all', async ({ store: { clients } }) => {
    for (const id of ['d', 'a', 'c']) await clients.create({ ...WEB, id });
    for (const id of ['e', 'b']) await clients.create({ ...MACHINE, id });
    const ids = async (page: Parameters<typeof clients.list>[0]) =>
      (await clients.list(page)).map(({ id }) => id);
    assert.deepEqual(await ids({ limit: 3 }), ['a', 'b', 'c']);
    assert.deepEqual(await ids({ after: 'c', limit: 3 }), ['d', 'e']);
    assert.deepEqual(await ids({ limit: 10, source: 'declared' }), ['a', 'c', 'd']);
    assert.deepEqual(await ids({ limit: 10, source: 'added' }), ['b', 'e']);
    assert.deepEqual(await ids({ after: 'b', limit: 1, source: 'added' }), ['e']);
  });
}
