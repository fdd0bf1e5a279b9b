import assert from 'node:assert/strict';
import { ConflictError } from '../../src/store/errors.ts';
import type { AccountRecord } from '../../src/store/store.ts';
import { jobIds } from './contract-jobs.ts';
import { countTrue, type StoreIt } from './store-test.ts';

const ALICE: AccountRecord = {
  id: '4fa1',
  username: 'alice',
  passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
  claims: { name: 'Alice', email: 'alice@example.com', address: { locality: 'Zürich' }, roles: ['a', 'b'] },
  disabled: false,
  generation: 0,
  createdAt: 1_800_000_000,
  updatedAt: 1_800_000_000,
};

const BOB: AccountRecord = { ...ALICE, id: '9c07', username: 'bob', passwordHash: undefined, disabled: true };

export function accountContract(it: StoreIt): void {
  it('finds an account by id and by username', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    await accounts.create(BOB);
    assert.deepEqual(await accounts.find(ALICE.id), ALICE);
    assert.deepEqual(await accounts.findByUsername('alice'), ALICE);
    assert.deepEqual(await accounts.find(BOB.id), BOB);
    assert.equal(await accounts.find('alice'), undefined);
    assert.equal(await accounts.findByUsername(ALICE.id), undefined);
  });

  it('rejects a taken id and a taken username', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    await assert.rejects(accounts.create({ ...BOB, id: ALICE.id }), ConflictError);
    await assert.rejects(accounts.create({ ...BOB, username: 'alice' }), ConflictError);
    assert.equal(await accounts.find(BOB.id), undefined);
    assert.equal(await accounts.findByUsername('bob'), undefined);
    assert.deepEqual(await accounts.find(ALICE.id), ALICE);
  });

  it('gives a username to exactly one of many concurrent callers', async ({ store: { accounts } }) => {
    let next = 0;
    const created = await countTrue(20, () =>
      accounts.create({ ...ALICE, id: `account-${next++}` }).then(
        () => true,
        (error: unknown) => {
          assert.ok(error instanceof ConflictError);
          return false;
        },
      ),
    );
    assert.equal(created, 1);
  });

  it('updates the named members and keeps the others', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    const updated = await accounts.update(ALICE.id, () => ({ disabled: true, updatedAt: 1_800_000_100 }));
    assert.deepEqual(updated, { ...ALICE, disabled: true, updatedAt: 1_800_000_100 });
    assert.deepEqual(await accounts.find(ALICE.id), updated);
    const without = await accounts.update(ALICE.id, () => ({ passwordHash: undefined, username: 'alice2' }));
    assert.deepEqual(without, { ...updated, passwordHash: undefined, username: 'alice2' });
    assert.deepEqual(await accounts.findByUsername('alice2'), without);
    assert.equal(await accounts.findByUsername('alice'), undefined);
  });

  it('loses none of many concurrent updates', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    await Promise.all([
      accounts.update(ALICE.id, () => ({ disabled: true })),
      accounts.update(ALICE.id, () => ({ claims: { name: 'Changed' } })),
      accounts.update(ALICE.id, () => ({ passwordHash: 'changed' })),
    ]);
    assert.deepEqual(await accounts.find(ALICE.id), {
      ...ALICE,
      disabled: true,
      claims: { name: 'Changed' },
      passwordHash: 'changed',
    });
  });

  it('rejects an update to the username of another account', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    await accounts.create(BOB);
    await assert.rejects(
      accounts.update(BOB.id, () => ({ username: 'alice', disabled: false })),
      ConflictError,
    );
    assert.deepEqual(await accounts.find(BOB.id), BOB);
    assert.deepEqual(await accounts.update(BOB.id, () => ({ username: 'bob' })), BOB);
  });

  const withEmail = (username: string, email: unknown): AccountRecord => ({
    ...ALICE,
    id: `id-${username}`,
    username,
    claims: { email },
  });

  it('finds the accounts that have an email address, compared without case, up to a limit', async ({
    store: { accounts },
  }) => {
    const alice = withEmail('alice', 'Alice@Example.com');
    const bob = withEmail('bob', 'aliCE@example.com');
    const jorg = withEmail('jorg', 'Jo\u0308rg@example.com');
    for (const account of [alice, bob, jorg]) await accounts.create(account);
    await accounts.create(withEmail('carl', 'alice@example.com.au'));
    await accounts.create(withEmail('dora', undefined));
    await accounts.create(withEmail('eve', ['alice@example.com']));
    const found = async (email: string, limit = 5) =>
      (await accounts.findByEmail(email, limit)).toSorted((one, other) => (one.id < other.id ? -1 : 1));
    assert.deepEqual(await found('alice@example.com'), [alice, bob]);
    assert.equal((await found('ALICE@example.com', 1)).length, 1);
    assert.deepEqual(await found('J\u00F6RG@example.com'), [jorg]);
    for (const none of ['alice', 'alice@example', 'lice@example.com', '', '\0'])
      assert.deepEqual(await found(none), [], none);
    await accounts.update(alice.id, () => ({ claims: { email: 'liddell@example.com' } }));
    await accounts.update(bob.id, () => ({ username: 'robert' }));
    assert.deepEqual(await found('alice@example.com'), [{ ...bob, username: 'robert' }]);
    assert.deepEqual(await found('liddell@example.com'), [
      { ...alice, claims: { email: 'liddell@example.com' } },
    ]);
    await accounts.remove(bob.id);
    assert.deepEqual(await found('alice@example.com'), []);
  });

  it('allows shared email addresses until uniqueness is required, and lists the accounts that share one', async ({
    store: { accounts },
  }) => {
    await accounts.create(withEmail('carl', 'shared@example.com'));
    await accounts.create(withEmail('bob', 'SHARED@example.com'));
    await accounts.create(withEmail('alice', 'shared@Example.com'));
    await accounts.create(withEmail('dora', 'dora@example.com'));
    await accounts.create(withEmail('eve', undefined));
    await accounts.create(withEmail('finn', 7));
    await accounts.create(withEmail('gus', 'J\u00F6rg@x'));
    await accounts.create(withEmail('hanna', 'jO\u0308RG@X'));
    await accounts.create(withEmail('ida', 'dora@example.com.au'));
    await accounts.requireUniqueEmail();
    const shared = (await accounts.sharedEmails(10)).map((names) => names.toSorted());
    assert.deepEqual(new Set(shared.map(String)), new Set(['alice,bob,carl', 'gus,hanna']));
    assert.equal((await accounts.sharedEmails(1)).length, 1);
    // Existing shared addresses stay, and other changes of these accounts are allowed.
    const changed = await accounts.update('id-bob', ({ claims }) => ({ claims: { ...claims, name: 'Bob' } }));
    assert.deepEqual(changed?.claims, { email: 'SHARED@example.com', name: 'Bob' });
    assert.ok(await accounts.update('id-bob', () => ({ claims: { email: 'shared@example.com' } })));
  });

  it('rejects an email address that another account has, compared without case', async ({
    store: { accounts },
  }) => {
    await accounts.requireUniqueEmail();
    await accounts.create(withEmail('alice', 'Alice@Example.com'));
    await accounts.create(withEmail('bob', 'bob@example.com'));
    const taken = (work: Promise<unknown>) => assert.rejects(work, { name: 'ConflictError', on: 'email' });
    const become = (id: string, email: unknown) => accounts.update(id, () => ({ claims: { email } }));
    await taken(accounts.create(withEmail('carl', 'aliCE@example.com')));
    assert.equal(await accounts.findByUsername('carl'), undefined);
    await taken(become('id-bob', 'alice@example.COM'));
    assert.deepEqual((await accounts.find('id-bob'))?.claims, { email: 'bob@example.com' });
    await become('id-alice', 'ALICE@example.com');
    await become('id-alice', 'alice.liddell@example.com');
    await accounts.create(withEmail('carl', 'alice@example.com'));
    await become('id-carl', undefined);
    await accounts.remove('id-bob');
    await accounts.create(withEmail('dora', 'bob@example.com'));
    await become('id-carl', 'alice@example.com');
    await accounts.create(withEmail('eve', undefined));
    assert.deepEqual(await accounts.sharedEmails(10), []);
    await assert.rejects(accounts.create(withEmail('alice', 'new@example.com')), {
      name: 'ConflictError',
      on: undefined,
    });
  });

  it('gives an email address to exactly one of many concurrent callers', async ({ store: { accounts } }) => {
    await accounts.requireUniqueEmail();
    const names = Array.from({ length: 10 }, (_, index) => `old-${index}`);
    for (const name of names) await accounts.create(withEmail(name, undefined));
    const got = await countTrue(20, async () => {
      const old = names.pop();
      const email = old === undefined ? 'One@example.com' : 'one@example.com';
      const work = old
        ? accounts.update(`id-${old}`, () => ({ claims: { email } }))
        : accounts.create(withEmail(`new-${Math.random()}`, email));
      return await work.then(
        () => true,
        (error: unknown) => {
          assert.ok(error instanceof ConflictError);
          return false;
        },
      );
    });
    assert.equal(got, 1);
  });

  it('loses none of many concurrent changes that depend on the current value', async ({
    store: { accounts },
  }) => {
    await accounts.create(ALICE);
    let calls = 0;
    await Promise.all(
      Array.from({ length: 20 }, () =>
        accounts.update(ALICE.id, ({ generation }) => {
          calls += 1;
          return { generation: generation + 1 };
        }),
      ),
    );
    assert.equal((await accounts.find(ALICE.id))?.generation, ALICE.generation + 20);
    assert.equal(calls, 20, 'changes of one process take turns');
  });

  it('changes nothing when the change returns undefined', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    const ifHash = (hash: string) =>
      accounts.update(ALICE.id, (current) =>
        current.passwordHash === hash ? { passwordHash: 'new' } : undefined,
      );
    assert.equal(await ifHash('another'), undefined);
    assert.deepEqual(await accounts.find(ALICE.id), ALICE);
    assert.equal((await ifHash(ALICE.passwordHash as string))?.passwordHash, 'new');
  });

  it('changes nothing when the change throws, and rejects with its error', async ({
    store: { accounts },
  }) => {
    await accounts.create(ALICE);
    const failure = new Error('failed change');
    const [rejected, other] = await Promise.allSettled([
      accounts.update(ALICE.id, () => {
        throw failure;
      }),
      accounts.update(ALICE.id, () => ({ disabled: true })),
    ]);
    assert.equal(rejected.status === 'rejected' && rejected.reason, failure);
    assert.equal(other.status, 'fulfilled');
    assert.deepEqual(await accounts.find(ALICE.id), { ...ALICE, disabled: true });
  });

  it('updates nothing when there is no such account', async ({ store: { accounts } }) => {
    assert.equal(await accounts.update('nobody', () => ({ disabled: true })), undefined);
    assert.equal(await accounts.find('nobody'), undefined);
  });

  it('enqueues the jobs of a change with it, and none without', async ({ store: { accounts, jobs } }) => {
    await accounts.create(ALICE);
    let calls = 0;
    jobs.onEnqueue(() => (calls += 1));
    const told = (changed: AccountRecord) => [
      { id: `generation ${changed.generation}`, kind: 'test', accountId: changed.id, sealed: 'x' },
    ];
    const raise = ({ generation }: AccountRecord) => ({ generation: generation + 1 });
    await Promise.all(Array.from({ length: 4 }, () => accounts.update(ALICE.id, raise, told)));
    assert.ok(calls > 0);
    await accounts.update(ALICE.id, () => undefined, told);
    await accounts.update('nobody', raise, told);
    await accounts.create(BOB);
    await assert.rejects(accounts.update(ALICE.id, () => ({ username: 'bob', generation: 9 }), told));
    const removed = ({ username }: AccountRecord) => [{ id: `no ${username}`, kind: 'test', sealed: 'x' }];
    await accounts.remove('nobody', removed);
    await accounts.remove(BOB.id, removed);
    const generations = [1, 2, 3, 4].map((each) => `generation ${each}`);
    assert.deepEqual((await jobIds(jobs)).toSorted(), [...generations, 'no bob']);
  });

  it('removes an account and frees its username', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    assert.equal(await accounts.remove(ALICE.id), true);
    assert.equal(await accounts.remove(ALICE.id), false);
    assert.equal(await accounts.find(ALICE.id), undefined);
    assert.equal(await accounts.findByUsername('alice'), undefined);
    await accounts.create({ ...BOB, username: 'alice' });
  });

  it('lists by username, page by page', async ({ store: { accounts } }) => {
    for (const username of ['dora', 'alice', 'carl', 'bob', 'eve']) {
      await accounts.create({ ...ALICE, id: `id-${username}`, username });
    }
    const pages: string[][] = [];
    let after: string | undefined;
    do {
      const page = await accounts.list({ after, limit: 2 });
      pages.push(page.map(({ username }) => username));
      after = page.at(-1)?.username;
    } while (after !== undefined);
    assert.deepEqual(pages, [['alice', 'bob'], ['carl', 'dora'], ['eve'], []]);
  });
}
