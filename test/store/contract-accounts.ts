import assert from 'node:assert/strict';
import { ConflictError } from '../../src/store/errors.ts';
import type { AccountRecord } from '../../src/store/store.ts';
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

  it('refuses a taken id and a taken username', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    await assert.rejects(accounts.create({ ...BOB, id: ALICE.id }), ConflictError);
    await assert.rejects(accounts.create({ ...BOB, username: 'alice' }), ConflictError);
    assert.equal(await accounts.find(BOB.id), undefined);
    assert.equal(await accounts.findByUsername('bob'), undefined);
    assert.deepEqual(await accounts.find(ALICE.id), ALICE);
  });

  it('gives a username to one of many who ask at once', async ({ store: { accounts } }) => {
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

  it('loses no update among many', async ({ store: { accounts } }) => {
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

  it('refuses to take the username of another in an update', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    await accounts.create(BOB);
    await assert.rejects(
      accounts.update(BOB.id, () => ({ username: 'alice', disabled: false })),
      ConflictError,
    );
    assert.deepEqual(await accounts.find(BOB.id), BOB);
    assert.deepEqual(await accounts.update(BOB.id, () => ({ username: 'bob' })), BOB);
  });

  it('counts every change of many that build on the current value', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    await Promise.all(
      Array.from({ length: 20 }, () =>
        accounts.update(ALICE.id, ({ generation }) => ({ generation: generation + 1 })),
      ),
    );
    assert.equal((await accounts.find(ALICE.id))?.generation, ALICE.generation + 20);
  });

  it('changes nothing when the change says so', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    const ifHash = (hash: string) =>
      accounts.update(ALICE.id, (current) =>
        current.passwordHash === hash ? { passwordHash: 'new' } : undefined,
      );
    assert.equal(await ifHash('another'), undefined);
    assert.deepEqual(await accounts.find(ALICE.id), ALICE);
    assert.equal((await ifHash(ALICE.passwordHash as string))?.passwordHash, 'new');
  });

  it('changes nothing when the change throws, and passes the error on', async ({ store: { accounts } }) => {
    await accounts.create(ALICE);
    const refusal = new Error('not like this');
    const [refused, other] = await Promise.allSettled([
      accounts.update(ALICE.id, () => {
        throw refusal;
      }),
      accounts.update(ALICE.id, () => ({ disabled: true })),
    ]);
    assert.equal(refused.status === 'rejected' && refused.reason, refusal);
    assert.equal(other.status, 'fulfilled');
    assert.deepEqual(await accounts.find(ALICE.id), { ...ALICE, disabled: true });
  });

  it('updates nothing where there is nothing', async ({ store: { accounts } }) => {
    assert.equal(await accounts.update('nobody', () => ({ disabled: true })), undefined);
    assert.equal(await accounts.find('nobody'), undefined);
  });

  it('removes, and frees the username', async ({ store: { accounts } }) => {
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
