import assert from 'node:assert/strict';
import type { ActorEntry } from '../../src/audit/audit.ts';
import { createUnusedClientSweep } from '../../src/clients/self-registration/unused-clients.ts';
import { createClientUsage } from '../../src/clients/self-registration/usage.ts';
import { openStore } from '../../src/store/open.ts';
import type { ClientRecord, Store } from '../../src/store/store.ts';
import { eventually } from '../support/eventually.ts';

const DAY = 86_400;

describe('Clients that registered themselves and are not used', () => {
  let store: Store;
  let now: number;
  let recorded: ActorEntry[];
  const clock = () => now * 1000;
  const sweep = () =>
    createUnusedClientSweep({
      clients: store.clients,
      audit: { record: (entry) => void recorded.push(entry) },
      clock,
      unusedAfter: 30 * DAY,
    });
  const ids = async () => (await store.clients.list({ limit: 10 })).map(({ id }) => id);

  beforeEach(async () => {
    now = 1_800_000_000;
    recorded = [];
    store = await openStore('sqlite::memory:', { clock });
    const times = { createdAt: now, updatedAt: now };
    const base = { instance: 'i', metadata: {}, secrets: [], ...times };
    const registration = { tokenDigest: 'x' };
    const all: ClientRecord[] = [
      { ...base, id: 'added', source: 'added' },
      { ...base, id: 'never', source: 'registered', registration },
      { ...base, id: 'used', source: 'registered', registration: { ...registration, lastUsedAt: now } },
    ];
    for (const client of all) await store.clients.create(client);
  });
  afterEach(() => store.close());

  it('are removed after their time, those that were never used after a week', async () => {
    const run = sweep();
    const pass = async () => {
      while ((await run(2)) === 2);
      return ids();
    };
    assert.deepEqual(await pass(), ['added', 'never', 'used']);
    now += 7 * DAY;
    assert.deepEqual(await pass(), ['added', 'used']);
    now += 22 * DAY;
    assert.deepEqual(await pass(), ['added', 'used']);
    now += DAY;
    assert.deepEqual(await pass(), ['added']);
    assert.deepEqual(recorded, [
      { type: 'client.removed', clientId: 'never', detail: { reason: 'unused' } },
      { type: 'client.removed', clientId: 'used', detail: { reason: 'unused' } },
    ]);
  });

  it('are removed once by several processes', async () => {
    now += 365 * DAY;
    await Promise.all([sweep()(10), sweep()(10), sweep()(10)]);
    assert.deepEqual(await ids(), ['added']);
    assert.equal(recorded.length, 2);
  });

  it('have a use stored once a day', async () => {
    let writes = 0;
    const clients: Pick<Store['clients'], 'update'> = {
      update: (...of) => {
        writes += 1;
        return store.clients.update(...of);
      },
    };
    const use = createClientUsage(clients, clock);
    const lastUse = async () => (await store.clients.find('never'))?.registration?.lastUsedAt;
    for (let count = 0; count < 5; count += 1) use('never', undefined);
    await eventually('the use is stored', async () => (await lastUse()) === now);
    assert.equal(writes, 1);
    now += DAY - 1;
    use('never', now - DAY + 1);
    assert.equal(writes, 1);
    now += 1;
    use('never', now - DAY);
    await eventually('the use is stored', async () => (await lastUse()) === now);
    // A use by a process that has an older copy of the client.
    use('never', now - DAY);
    await eventually('the write has ended', async () => writes === 3);
    assert.equal(await lastUse(), now);
  });
});
