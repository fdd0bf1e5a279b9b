import assert from 'node:assert/strict';
import type { AccountFilter, AccountRecord, AccountStore } from '../../src/store/store.ts';
import { LONG } from '../support/long-form.ts';
import { accountNamed } from './account-records.ts';
import type { StoreIt } from './store-test.ts';

/** What `list` finds with a filter. */

function person(
  username: string,
  claims: AccountRecord['claims'] = {},
  more: Partial<AccountRecord> = {},
): AccountRecord {
  return { ...accountNamed(username, `id-${username}`), claims, ...more };
}

async function found(accounts: AccountStore, filter: AccountFilter, limit = 100): Promise<string[]> {
  return (await accounts.list({ ...filter, limit })).map(({ username }) => username);
}

/** All pages, one after the other. */
async function allPages(accounts: AccountStore, filter: AccountFilter, limit: number): Promise<string[]> {
  const all: string[] = [];
  let page: AccountRecord[];
  do {
    page = await accounts.list({ ...filter, after: all.at(-1), limit });
    assert.ok(page.length <= limit);
    all.push(...page.map(({ username }) => username));
  } while (page.length === limit);
  return all;
}

/** Of the comparison with every account. */
const COUNT = LONG ? 400 : 60;

const PEOPLE = [
  person('alice', { name: 'Alice Liddell', email: 'Wonder@Example.com', groups: ['staff', 'tea'] }),
  person('bob', { given_name: 'Robert', family_name: 'de la Cruz-Smith' }),
  person('carl', { name: "Seán O'Brien", email: 'carl@example.org', groups: ['Staff'] }, { disabled: true }),
  person('dora', { name: 'ΟΔΥΣΣΕΥΣ Παπάς', groups: ['tea'] }, { disabled: true }),
  person('eve', { name: 7, email: ['e'], groups: 'tea' }),
  person('jörg', { name: 'Straße 王小明', nickname: 'Zorro', groups: ['staff', 3, 'staff', 'a\u0000b'] }),
];

/** @param complete whether the index is complete before the first account is added */
export function accountSearchContract(storeIt: StoreIt, complete: boolean): void {
  const it: StoreIt = (title, body) =>
    storeIt(title, async (test) => {
      if (complete) await completeIndex(test.store.accounts);
      await body(test);
    });

  it('finds accounts by the beginning of the username, the email address, or a word of the name', async ({
    store: { accounts },
  }) => {
    for (const account of PEOPLE) await accounts.create(account);
    const expected: Record<string, string[]> = {
      // Username and email address, without case, in any normalization
      al: ['alice'],
      ALI: ['alice'],
      alicex: [],
      lice: [],
      'wonder@ex': ['alice'],
      wOnDeR: ['alice'],
      example: [],
      'JO\u0308': ['jörg'],
      'ｊｏ\u0308': ['jörg'],
      jo: [],
      // Names
      'alice li': ['alice'],
      liddell: ['alice'],
      idd: [],
      robert: ['bob'],
      cruz: ['bob'],
      smith: ['bob'],
      'de  la': ['bob'],
      'cruz-s': ['bob'],
      'robert de': ['bob'],
      'De la Cruz-Smith, Rob': ['bob'],
      brien: ['carl'],
      "o'b": ['carl'],
      'o\u2019b': [],
      'SEA\u0301N': ['carl'],
      // The lower case of sigma depends on what follows
      ΟΔΥΣ: ['dora'],
      παπάΣ: ['dora'],
      STRASSE: [],
      straße: ['jörg'],
      王小: ['jörg'],
      zorro: [],
      7: [],
      // Several, by username; characters that mean something in patterns
      c: ['bob', 'carl'],
      s: ['bob', 'carl', 'jörg'],
      '%': [],
      a_i: [],
      '\\': [],
      // Without visible characters
      '': PEOPLE.map(({ username }) => username),
      ' \u200b\n': PEOPLE.map(({ username }) => username),
      ' alice\u00ad ': ['alice'],
      'a\u0000b': [],
    };
    for (const [search, usernames] of Object.entries(expected)) {
      assert.deepEqual(await found(accounts, { search }), usernames, JSON.stringify(search));
    }
  });

  it('finds accounts by group, exactly, and by state', async ({ store: { accounts } }) => {
    for (const account of PEOPLE) await accounts.create(account);
    assert.deepEqual(await found(accounts, { group: 'staff' }), ['alice', 'jörg']);
    assert.deepEqual(await found(accounts, { group: 'Staff' }), ['carl']);
    assert.deepEqual(await found(accounts, { group: 'sta' }), []);
    assert.deepEqual(await found(accounts, { group: 'a' }), []);
    assert.deepEqual(await found(accounts, { group: 'a\u0000b' }), ['jörg']);
    assert.deepEqual(await found(accounts, { group: '' }), []);
    assert.deepEqual(await found(accounts, { disabled: true }), ['carl', 'dora']);
    assert.deepEqual(await found(accounts, { disabled: false }), ['alice', 'bob', 'eve', 'jörg']);
    assert.deepEqual(await found(accounts, { group: 'tea', disabled: true }), ['dora']);
    assert.deepEqual(await found(accounts, { group: 'tea', disabled: false, search: 'L' }), ['alice']);
    assert.deepEqual(await found(accounts, { group: 'tea', disabled: true, search: 'L' }), []);
  });

  it('finds all accounts of a group beside one whose name continues it with a NUL', async ({
    store: { accounts },
  }) => {
    for (const username of ['alice', 'carol']) await accounts.create(person(username, { groups: ['staff'] }));
    await accounts.create(person('zed', { groups: ['staff\u0000alice', 'staff\u0001'] }));
    for (const limit of [1, 2, 10]) {
      assert.deepEqual(await allPages(accounts, { group: 'staff' }, limit), ['alice', 'carol']);
      assert.deepEqual(await allPages(accounts, { group: 'staff\u0000alice' }, limit), ['zed']);
      assert.deepEqual(await allPages(accounts, { group: 'staff\u0001' }, limit), ['zed']);
    }
  });

  it('returns whole accounts', async ({ store: { accounts } }) => {
    for (const account of PEOPLE) await accounts.create(account);
    const [alice] = PEOPLE;
    assert.deepEqual(await accounts.list({ search: 'liddell', limit: 5 }), [alice]);
    assert.deepEqual(await accounts.list({ group: 'tea', limit: 1 }), [alice]);
  });

  it('compares the first 64 characters, of the first ten words of a name', async ({
    store: { accounts },
  }) => {
    const words = Array.from({ length: 12 }, (_, index) => `word${String.fromCharCode(97 + index)}`);
    await accounts.create(person('x', { name: words.join(' '), email: `${'e'.repeat(60)}😀@example.com` }));
    await accounts.create(person('n'.repeat(100)));
    assert.deepEqual(await found(accounts, { search: 'wordj' }), ['x']);
    assert.deepEqual(await found(accounts, { search: 'wordj wordk' }), ['x']);
    assert.deepEqual(await found(accounts, { search: 'wordk' }), []);
    assert.deepEqual(await found(accounts, { search: `${'e'.repeat(60)}😀@ex` }), ['x']);
    assert.deepEqual(await found(accounts, { search: `${'e'.repeat(60)}😀@exbb` }), ['x']);
    assert.deepEqual(await found(accounts, { search: `${'e'.repeat(60)}😀@eb` }), []);
    assert.deepEqual(await found(accounts, { search: 'n'.repeat(120) }), ['n'.repeat(100)]);
  });

  it('follows every change of an account at once', async ({ store: { accounts } }) => {
    const state = async () => {
      const filters: AccountFilter[] = [
        { search: 'alice' },
        { search: 'example' },
        { search: 'lidd' },
        { search: 'new' },
        { group: 'a' },
        { group: 'b' },
        { disabled: true },
      ];
      return (await Promise.all(filters.map((filter) => found(accounts, filter)))).map(String);
    };
    const claims = { name: 'Alice Liddell', email: 'example@x', groups: ['a'] };
    await accounts.create(person('alice', claims));
    assert.deepEqual(await state(), ['alice', 'alice', 'alice', '', 'alice', '', '']);
    await accounts.update('id-alice', () => ({ claims: { ...claims, groups: ['b'], email: 'new@x' } }));
    assert.deepEqual(await state(), ['alice', '', 'alice', 'alice', '', 'alice', '']);
    await accounts.update('id-alice', () => ({ username: 'newer', disabled: true }));
    assert.deepEqual(await state(), ['newer', '', 'newer', 'newer', '', 'newer', 'newer']);
    await accounts.update('id-alice', () => ({ passwordHash: 'hash', generation: 3 }));
    assert.deepEqual(await state(), ['newer', '', 'newer', 'newer', '', 'newer', 'newer']);
    await accounts.update('id-alice', () => ({ claims: {}, disabled: false }));
    assert.deepEqual(await state(), ['', '', '', 'newer', '', '', '']);
    await accounts.update('id-alice', () => ({ username: 'alice', claims, disabled: true }));
    assert.deepEqual(await state(), ['alice', 'alice', 'alice', '', 'alice', '', 'alice']);
    await assert.rejects(accounts.create(person('alice', { name: 'New', groups: ['b'] })));
    assert.deepEqual(await state(), ['alice', 'alice', 'alice', '', 'alice', '', 'alice']);
    await accounts.remove('id-alice');
    assert.deepEqual(await state(), ['', '', '', '', '', '', '']);
    await accounts.create(person('alice'));
    assert.deepEqual(await state(), ['alice', '', '', '', '', '', '']);
  });

  it('finds the same as a comparison with every account, page by page', async ({ store: { accounts } }) => {
    const people = Array.from({ length: COUNT }, (_, index) => samplePerson(index));
    await Promise.all(people.map((account) => accounts.create(account)));
    for (const filter of sampleFilters()) {
      const expected = people.filter((account) => matches(account, filter)).map(({ username }) => username);
      for (const limit of [19, COUNT]) {
        const listed = await allPages(accounts, filter, limit);
        assert.deepEqual(listed, expected.toSorted(byBytes), JSON.stringify({ ...filter, limit }));
      }
    }
  });

  it('lists what does not change exactly once while other accounts come, change and go', async ({
    store: { accounts },
  }) => {
    const stable = Array.from({ length: LONG ? 60 : 24 }, (_, index) =>
      person(`s${index}`, { name: 'Common Name', groups: ['g'] }, { disabled: true }),
    );
    await Promise.all(stable.map((account) => accounts.create(account)));
    const expected = stable.map(({ username }) => username).toSorted(byBytes);
    for (const filter of [
      { search: 'name' },
      { group: 'g' },
      { disabled: true },
      { search: 'co', group: 'g' },
    ]) {
      const listed: string[] = [];
      for (let page = 0; ; page++) {
        const others = await accounts.list({ ...filter, after: listed.at(-1), limit: 7 });
        listed.push(...others.map(({ username }) => username));
        if (others.length < 7) break;
        // Before and behind the place that was reached; renamed across it; removed.
        for (const name of [`a${page}`, `sx${page}`]) await accounts.create(person(name, stable[0]?.claims));
        if (page > 0) await accounts.update(`id-a${page - 1}`, () => ({ username: `t${page}` }));
        if (page > 0) await accounts.remove(`id-sx${page - 1}`);
      }
      assert.deepEqual(
        listed.filter((username) => expected.includes(username)),
        expected,
      );
      assert.deepEqual(listed, [...new Set(listed)]);
      for (const { id } of await accounts.list({ limit: 500 }))
        if (!id.startsWith('id-s') || id.startsWith('id-sx')) await accounts.remove(id);
    }
  });

  it('has an index that is complete', async ({ store: { accounts } }) => {
    for (const account of PEOPLE) await accounts.create(account);
    for (let calls = 0; (await accounts.completeIndex(2)) === 2; calls++) assert.ok(calls < 10);
    assert.equal(await accounts.completeIndex(2), 0);
    assert.deepEqual(await found(accounts, { search: 'c', disabled: true }), ['carl']);
  });
}

/** An empty store is not marked as complete. */
async function completeIndex(accounts: AccountStore): Promise<void> {
  await accounts.create(person('first'));
  while ((await accounts.completeIndex(10)) === 10);
  await accounts.remove('id-first');
}

const FIRST = ['Anna', 'Maria', 'Zoe', 'Mark'];
const LAST = ['Miller', 'Zimmer', 'Abend', 'Maribor', 'Marx'];

/** Some usernames have characters that UTF-16 and UTF-8 sort differently. */
function samplePerson(index: number): AccountRecord {
  const [first = '', last = ''] = [FIRST[index % 4], LAST[index % 5]];
  const username =
    index % 50 === 0 ? `m😀${index}` : index % 50 === 1 ? `m\uff21${index}` : `${last}.${index}`;
  return person(
    username.toLowerCase(),
    {
      name: `${first} ${last}`,
      email: `${first}-${index}@example.com`,
      groups: [index % 100 === 3 ? 'rare' : 'common', `g${index % 7}`],
    },
    { disabled: index % 3 === 0 },
  );
}

function* sampleFilters(): Generator<AccountFilter> {
  for (const search of [undefined, 'm', 'maria', 'z', 'example', 'anna ab'])
    for (const group of [undefined, 'common', 'rare', 'g3'])
      for (const disabled of [undefined, true, false])
        yield {
          ...(search && { search }),
          ...(group && { group }),
          ...(disabled !== undefined && { disabled }),
        };
}

/** Written without the terms of the source. */
function matches({ username, claims, disabled: state }: AccountRecord, filter: AccountFilter): boolean {
  const { search = '', group, disabled } = filter;
  const name = String(claims.name).toLowerCase();
  const texts = [username, String(claims.email).toLowerCase(), name, name.slice(name.indexOf(' ') + 1)];
  return (
    texts.some((text) => text.startsWith(search)) &&
    (group === undefined || (claims.groups as string[]).includes(group)) &&
    (disabled === undefined || disabled === state)
  );
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
