import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import { removeOutdated } from '../../src/store/redis/account-index.ts';
import { connect } from '../../src/store/redis/connection/connect.ts';
import { parseAddress } from '../../src/store/redis/connection/address.ts';
import { keys } from '../../src/store/redis/keys.ts';
import type { AccountFilter, AccountRecord, Store } from '../../src/store/store.ts';
import { needRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { accountNamed } from './account-records.ts';
import { TestClock } from './store-test.ts';

/** Another version of Signet, which knows nothing of the index, writes to the same Redis. */
describe('The index of accounts in Redis, beside a version without it', function () {
  this.timeout(60_000);
  let server: RedisServer;
  let clock: TestClock;
  const opened: Store[] = [];

  before(async function () {
    await needRedis(this);
    server = await startRedis();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    await server.command('flushall');
    clock = new TestClock();
  });
  afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));

  async function open(): Promise<Store> {
    const store = await openStore(`redis://127.0.0.1:${server.port}`, { clock: clock.milliseconds });
    opened.push(store);
    return store;
  }

  /** What `changeAccount` of version 0.1 writes: the record and the sets of usernames; emails are left out here. */
  const older = {
    async put(account: AccountRecord): Promise<void> {
      await server.command('set', keys.account(account.id), JSON.stringify(account));
      await server.command(
        'eval',
        "return redis.call('ZADD', KEYS[1], 0, ARGV[1] .. '\\0' .. ARGV[2])",
        '1',
        keys.usernames,
        account.username,
        account.id,
      );
    },
    async remove({ id, username }: AccountRecord): Promise<void> {
      await server.command('del', keys.account(id));
      await server.command(
        'eval',
        "return redis.call('ZREM', KEYS[1], ARGV[1] .. '\\0' .. ARGV[2])",
        '1',
        keys.usernames,
        username,
        id,
      );
    },
  };
  const person = (username: string, name: string, more: Partial<AccountRecord> = {}): AccountRecord => ({
    ...accountNamed(username, `id-${username}`),
    claims: { name, groups: ['staff'] },
    ...more,
  });
  async function names({ accounts }: Store, filter: AccountFilter): Promise<string> {
    return (await accounts.list({ ...filter, limit: 100 })).map(({ username }) => username).join(' ');
  }
  const members = async () => Number(await server.command('zcard', keys.accountIndex));
  /** @returns the number of accounts that were looked at */
  async function pass({ accounts }: Store): Promise<number> {
    let seen = 0;
    for (let now = 20; now === 20; ) seen += now = await accounts.completeIndex(20);
    return seen;
  }
  /** So many others that a search looks into the index before it has looked at every account. */
  async function addOthers({ accounts }: Store): Promise<number> {
    const others = Array.from({ length: 150 }, (_, index) => person(`x${index}`, 'Xaver', { claims: {} }));
    await Promise.all(others.map((account) => accounts.create(account)));
    return others.length;
  }

  it('is built by a first pass; until then, searches find everything without it', async () => {
    const store = await open();
    for (const name of ['a', 'b', 'c'])
      await older.put(person(name, `Old ${name}`, { disabled: name === 'b' }));
    await store.accounts.create(person('d', 'New Old'));
    const found = async () => [
      await names(store, { search: 'old' }),
      await names(store, { group: 'staff' }),
      await names(store, { disabled: true }),
    ];
    assert.deepEqual(await found(), ['a b c d', 'a b c d', 'b']);
    assert.equal(await store.accounts.completeIndex(2), 2);
    assert.deepEqual(await found(), ['a b c d', 'a b c d', 'b']);
    assert.equal(await store.accounts.completeIndex(2), 2);
    assert.equal(await store.accounts.completeIndex(2), 0);
    assert.deepEqual(await found(), ['a b c d', 'a b c d', 'b']);
    // A term and a group each, one more term of d, and the state of b.
    assert.equal(await members(), 4 * 2 + 2);
  });

  it('completes the index of email addresses, too', async () => {
    const store = await open();
    const claims = { email: 'Old@example.com' };
    await older.put(person('a', 'Old', { claims }));
    await older.put(person('b', 'Old', { claims: {} }));
    await store.accounts.create(person('c', 'New', { claims }));
    const found = async () =>
      (await store.accounts.findByEmail('old@example.com', 9)).map(({ username }) => username).toSorted();
    assert.deepEqual(await found(), ['c']);
    await pass(store);
    assert.deepEqual(await found(), ['a', 'c']);
    await older.put(person('a', 'Old', { claims: { email: 'other@example.com' } }));
    await older.remove(person('c', 'New'));
    assert.deepEqual(await found(), []);
  });

  it('shows no account that does not match any more, and forgets it', async () => {
    const store = await open();
    await addOthers(store);
    for (const name of ['a', 'b', 'c', 'd'])
      await store.accounts.create(person(name, 'Anna Old', { disabled: true }));
    await pass(store);
    const before = await members();
    await older.put(person('a', 'Berta New', { disabled: true }));
    await older.put(person('b', 'Anna Old', { disabled: false, claims: { name: 'Anna Old', groups: [] } }));
    await older.remove(person('c', ''));
    assert.equal(await names(store, { search: 'old' }), 'b d');
    assert.equal(await names(store, { search: 'anna' }), 'b d');
    assert.equal(await names(store, { group: 'staff' }), 'a d');
    assert.equal(await names(store, { disabled: true }), 'a d');
    // Two terms of a and c, a group and the state of b and c.
    assert.equal(await members(), before - 4 - 4);
  });

  it('fills a page although what it meets is outdated', async () => {
    const store = await open();
    const people = Array.from({ length: 60 }, (_, index) => person(`p${index + 10}`, 'Anna'));
    for (const account of people) await store.accounts.create(account);
    await pass(store);
    for (const account of people.slice(0, 40)) await older.put({ ...account, claims: {} });
    for (const filter of [{ search: 'anna' }, { group: 'staff' }]) {
      const page = await store.accounts.list({ ...filter, limit: 20 });
      assert.deepEqual(page, people.slice(40));
    }
  });

  it('finds what the other version has added or changed after the next pass', async () => {
    const store = await open();
    const others = await addOthers(store);
    await store.accounts.create(person('a', 'Anna'));
    await store.accounts.create(person('b', 'Berta'));
    await older.put(person('d', 'Dora'));
    await pass(store);
    await older.put(person('b', 'Anna', { disabled: true }));
    await older.put(person('c', 'Anna'));
    assert.equal(await names(store, { search: 'anna' }), 'a');
    // The pass that has built the index added something: another one follows in an hour.
    clock.advance(3599);
    assert.equal(await pass(store), 0);
    clock.advance(1);
    assert.equal(await pass(store), others + 4);
    assert.equal(await names(store, { search: 'anna' }), 'a b c');
    assert.equal(await names(store, { disabled: true }), 'b');
    clock.advance(3600);
    assert.equal(await pass(store), others + 4);
    // Nothing was missing.
    clock.advance(3600);
    assert.equal(await pass(store), 0);
    clock.advance(5 * 3600);
    assert.equal(await pass(store), others + 4);
  });

  it('is completed by the first change of an account, too', async () => {
    const store = await open();
    await store.accounts.create(person('a', 'Anna'));
    await pass(store);
    await older.put(person('b', 'Berta Anna'));
    await store.accounts.update('id-b', ({ claims }) => ({ claims: { ...claims, locale: 'en' } }));
    assert.equal(await names(store, { search: 'anna' }), 'a b');
    assert.equal(await names(store, { group: 'staff' }), 'a b');
  });

  it('is looked through at the start of a process, but not again for one that starts at the same time', async () => {
    const store = await open();
    await store.accounts.create(person('a', 'Anna'));
    await pass(store);
    await older.put(person('b', 'Anna'));
    clock.advance(599);
    assert.equal(await pass(await open()), 0);
    clock.advance(1);
    assert.equal(await pass(await open()), 2);
    assert.equal(await pass(await open()), 0);
    assert.equal(await names(store, { search: 'anna' }), 'a b');
  });

  it('is completed by one process at a time; another one continues where that has ended', async () => {
    const [one, two] = [await open(), await open()];
    for (const name of ['a', 'b', 'c', 'd', 'e']) await older.put(person(name, 'Anna'));
    const claims = await Promise.all([one, two].map(({ accounts }) => accounts.completeIndex(2)));
    assert.deepEqual(new Set(claims), new Set([0, 2]));
    const [holder, other] = claims[0] === 2 ? [one, two] : [two, one];
    clock.advance(29);
    assert.equal(await other.accounts.completeIndex(2), 0);
    assert.equal(await holder.accounts.completeIndex(1), 1);
    clock.advance(29);
    assert.equal(await other.accounts.completeIndex(2), 0);
    clock.advance(1);
    assert.equal(await other.accounts.completeIndex(2), 2);
    assert.equal(await holder.accounts.completeIndex(2), 0);
    assert.equal(await other.accounts.completeIndex(2), 0);
    assert.equal(await names(one, { search: 'anna' }), 'a b c d e');
    assert.equal(await members(), 10);
  });

  it('is not delayed by a clock that was ahead', async () => {
    const [one, two] = [await open(), await open()];
    for (const name of ['a', 'b', 'c']) await older.put(person(name, 'Anna'));
    clock.advance(1_000_000);
    assert.equal(await one.accounts.completeIndex(2), 2);
    clock.advance(-1_000_000);
    assert.equal(await two.accounts.completeIndex(2), 1);
    clock.advance(1_000_000);
    await pass(one);
    clock.advance(-1_000_000);
    await older.put(person('d', 'Anna'));
    assert.equal(await pass(two), 4);
  });

  it('keeps a member that has become right since it was found to be outdated', async () => {
    const store = await open();
    await addOthers(store);
    const account = person('a', 'Anna');
    await store.accounts.create(account);
    await pass(store);
    const redis = await connect(parseAddress(`redis://127.0.0.1:${server.port}`), false);
    const member = 'tanna\u0000a';
    const stale = { member, id: account.id, text: JSON.stringify({ ...account, claims: {} }) };
    await removeOutdated(redis, [stale, { member, id: undefined, text: undefined }]);
    assert.equal(await names(store, { search: 'anna' }), 'a');
    await removeOutdated(redis, [{ ...stale, text: JSON.stringify(account) }]);
    assert.equal(await names(store, { search: 'anna' }), '');
    await redis.close();
  });

  it('is neither read nor written by a sign-in', async () => {
    const store = await open();
    await store.accounts.create(person('a', 'Anna'));
    await server.command('del', keys.accountIndex);
    await store.accounts.update('id-a', () => ({ passwordHash: 'rehashed', generation: 1 }));
    await store.accounts.findByUsername('a');
    assert.equal(await server.command('exists', keys.accountIndex), '0');
  });

  it('leaves an empty Redis empty, so that a backup can be restored into it', async () => {
    const store = await open();
    assert.equal(await store.accounts.completeIndex(100), 0);
    assert.equal(await names(store, { search: 'a' }), '');
    assert.equal(await server.command('keys', '*account*'), '');
    async function* backup() {
      yield { type: 'account' as const, account: person('a', 'Anna') };
    }
    await store.transfer.load(backup());
    await pass(store);
    assert.equal(await names(store, { search: 'anna' }), 'a');
  });
});
