import assert from 'node:assert/strict';
import { createGroups, type Groups } from '../../src/accounts/groups.ts';
import { AccountError } from '../../src/accounts/errors.ts';
import type { Store } from '../../src/store/store.ts';
import { type AccountsFixture, openAccounts } from './fixture.ts';

const refused = (problem: string) => (error: unknown) =>
  error instanceof AccountError && error.problems.join() === problem;

describe('Groups', () => {
  let fixture: AccountsFixture;
  let store: Store;
  let groups: Groups;
  let events: string[];
  beforeEach(async () => {
    fixture = await openAccounts();
    ({ store } = fixture);
    events = [];
    const audit = { record: ({ type }: { type: string }) => void events.push(type) };
    groups = createGroups({ store, audit, clock: () => 1_800_000_000_000 });
  });
  afterEach(() => fixture.store.close());

  const addAccount = async (username: string, ...names: string[]) =>
    (await fixture.accounts.add({ username, claims: names.length > 0 ? { groups: names } : {} })).id;
  const membersOf = async (name: string) =>
    (await groups.members(name, { limit: 10 })).map(({ username }) => username);

  it('have names, descriptions and members', async () => {
    const alice = await addAccount('alice', 'staff');
    await groups.add({ name: 'staff', description: 'Everyone' });
    await groups.add({ name: 'editors' });
    assert.deepEqual(
      await groups.list(),
      [
        { name: 'editors', createdAt: 1_800_000_000, description: undefined },
        { name: 'staff', createdAt: 1_800_000_000, description: 'Everyone' },
      ].map((group) => JSON.parse(JSON.stringify(group)) as object),
    );
    assert.equal(await groups.addMember('editors', alice), true);
    assert.equal(await groups.addMember('editors', alice), false);
    assert.deepEqual([await membersOf('staff'), await membersOf('editors')], [['alice'], ['alice']]);
    assert.deepEqual((await store.accounts.find(alice))?.claims.groups, ['staff', 'editors']);
    assert.equal(await groups.removeMember('staff', alice), true);
    assert.equal(await groups.removeMember('staff', alice), false);
    assert.deepEqual(await membersOf('staff'), []);
    assert.deepEqual(
      events.filter((type) => type.startsWith('group.')),
      ['group.added', 'group.added', 'group.member_added', 'group.member_removed'],
    );
  });

  it('are refused without a name, with the name of another, and without a group or account', async () => {
    await groups.add({ name: 'staff' });
    await assert.rejects(groups.add({ name: 'staff' }), refused('the group staff exists'));
    for (const name of ['', ' staff', 'sta\nff', 'x'.repeat(201)]) await assert.rejects(groups.add({ name }));
    await assert.rejects(groups.addMember('none', 'id'), refused('there is no group none'));
    await assert.rejects(groups.addMember('staff', 'id'), refused('there is no such account'));
    await assert.rejects(groups.remove('none'), refused('there is no group none'));
  });

  it('K07 take their members along when they are renamed, and leave none when they are removed', async () => {
    await addAccount('alice', 'editors', 'staff');
    await addAccount('bob', 'staff', 'authors', 'editors');
    await groups.add({ name: 'editors' });
    let moved = 0;
    assert.equal(await groups.rename('editors', 'authors', () => void (moved += 1)), 2);
    assert.equal(moved, 2, 'for the progress of the command');
    assert.deepEqual(await membersOf('authors'), ['alice', 'bob']);
    assert.deepEqual(await membersOf('editors'), []);
    assert.deepEqual(
      (await groups.list()).map(({ name }) => name),
      ['authors'],
    );
    const { claims } = (await store.accounts.findByUsername('bob'))!;
    assert.deepEqual(claims.groups, ['staff', 'authors']);
    let ended = 0;
    assert.equal(await groups.remove('authors', () => void (ended += 1)), 2);
    assert.equal(ended, 2);
    assert.deepEqual([await membersOf('authors'), await groups.list()], [[], []]);
    assert.deepEqual(await membersOf('staff'), ['alice', 'bob']);
    await groups.add({ name: 'authors' });
    assert.deepEqual(await membersOf('authors'), []);
  });

  it('are renamed to the end after an interruption', async () => {
    const alice = await addAccount('alice', 'editors');
    await groups.add({ name: 'editors' });
    const failing = createGroups({
      store: {
        artifacts: store.artifacts,
        accounts: {
          list: (page) => store.accounts.list(page),
          update: () => Promise.reject(new Error('power failure')),
        },
      },
      audit: { record: () => {} },
      clock: Date.now,
    });
    await assert.rejects(failing.rename('editors', 'authors'), /power failure/);
    assert.equal(await groups.rename('editors', 'authors'), 1);
    assert.deepEqual((await store.accounts.find(alice))?.claims.groups, ['authors']);
    assert.deepEqual(
      (await groups.list()).map(({ name, renamedFrom }) => [name, renamedFrom]),
      [['authors', undefined]],
    );
  });

  it('K06 lose no change when many members come and go at once', async () => {
    const alice = await addAccount('alice');
    const names = Array.from({ length: 8 }, (_, index) => `group-${index}`);
    await Promise.all(names.map((name) => groups.add({ name })));
    await Promise.all(names.map((name) => groups.addMember(name, alice)));
    const { claims } = (await store.accounts.find(alice))!;
    assert.deepEqual((claims.groups as string[]).toSorted(), names);
  });
});
