import assert from 'node:assert/strict';
import type { Account, Accounts } from '../../src/accounts/accounts.ts';
import { createPasswords, type Passwords } from '../../src/accounts/credentials/password.ts';
import { type AccountsFixture, openAccounts, OTHER_PASSWORD, PASSWORD, SETTINGS } from './fixture.ts';

describe('Authentication by username and password', () => {
  let fixture: AccountsFixture;
  let accounts: Accounts;
  let authenticate: (username: string, password: string) => Promise<Account | undefined>;
  /** Hashes computed. */
  let verified: number;

  beforeEach(async () => {
    fixture = await openAccounts();
    const passwords = createPasswords(SETTINGS);
    verified = 0;
    accounts = fixture.accounts;
    const counted: Passwords = {
      ...passwords,
      verify: (...args) => {
        verified += 1;
        return passwords.verify(...args);
      },
    };
    authenticate = (username, password) => fixture.authenticate(username, password, counted);
  });
  afterEach(() => fixture.close());

  it('accepts any spelling of the username', async () => {
    const account = await fixture.addAlice();
    assert.deepEqual(await authenticate('Alice', PASSWORD), account);
  });

  it('accepts an existing password that could not be set any more', async () => {
    const { id } = await fixture.addAlice();
    await assert.rejects(accounts.setPassword(id, 'administrator'), /one of the most common/);
    await assert.rejects(accounts.setPassword(id, 'alice-in-2026'), /little more than the username/);
    const passwordHash = await createPasswords(SETTINGS).hash('administrator');
    await fixture.store.accounts.update(id, () => ({ passwordHash }));
    assert.equal((await authenticate('alice', 'administrator'))?.id, id);
  });

  it('gives the same result after the same work for every kind of failure', async () => {
    await fixture.addAlice();
    await accounts.add({ username: 'nobody-yet' });
    await accounts.disable((await accounts.add({ username: 'barred', password: PASSWORD })).id);
    let reads = 0;
    const { accounts: records } = fixture.store;
    for (const name of ['find', 'findByUsername'] as const) {
      const read = records[name].bind(records);
      records[name] = (key) => {
        reads += 1;
        return read(key);
      };
    }
    for (const [username, password] of [
      ['alice', 'not-the-password'],
      ['unknown', PASSWORD],
      ['barred', PASSWORD],
      ['nobody-yet', PASSWORD],
      ['nobody-yet', ''],
      ['\0', PASSWORD],
    ] as const) {
      verified = 0;
      reads = 0;
      assert.equal(await authenticate(username, password), undefined, username);
      assert.equal(reads, username === '\0' ? 0 : 1, `${username}: accounts are read`);
      assert.equal(verified, 1, `${username}: one hash is computed`);
    }
  });

  it('rejects a password of more than 4 KiB without hashing it', async () => {
    await fixture.addAlice();
    assert.equal(await authenticate('alice', 'a'.repeat(4097)), undefined);
    assert.equal(verified, 0);
  });

  it('replaces a hash with outdated parameters', async () => {
    const { id } = await fixture.addAlice();
    const before = (await fixture.store.accounts.find(id))?.passwordHash;
    const stricter = createPasswords({ ...SETTINGS, iterations: 3 });
    assert.notEqual(await fixture.authenticate('alice', PASSWORD, stricter), undefined);
    const after = (await fixture.store.accounts.find(id))?.passwordHash;
    assert.match(before ?? '', /m=64,t=2,p=1/);
    assert.match(after ?? '', /m=64,t=3,p=1/);
    assert.notEqual(await fixture.authenticate('alice', PASSWORD, stricter), undefined);
    assert.equal((await fixture.store.accounts.find(id))?.passwordHash, after);
  });

  it('succeeds for concurrent attempts while the hash is being replaced', async () => {
    await fixture.addAlice();
    const stricter = createPasswords({ ...SETTINGS, iterations: 3, concurrency: 2 });
    const results = await Promise.all(
      Array.from({ length: 6 }, () => fixture.authenticate('alice', PASSWORD, stricter)),
    );
    assert.equal(results.filter((account) => account?.username === 'alice').length, 6);
  });

  /** Changes the account during the hash. */
  async function authenticateDuring(
    change: (account: Account) => Promise<unknown>,
  ): Promise<Account | undefined> {
    const account = await fixture.addAlice();
    const passwords = createPasswords(SETTINGS);
    let changed = false;
    const slow: Passwords = {
      ...passwords,
      async verify(...args) {
        const result = await passwords.verify(...args);
        if (!changed) await change(account);
        changed = true;
        return result;
      },
    };
    return await fixture.authenticate('alice', PASSWORD, slow);
  }

  it('fails for an account that is disabled during the hash', async () => {
    assert.equal(await authenticateDuring(({ id }) => accounts.disable(id)), undefined);
  });

  it('fails for a password that is changed during the hash', async () => {
    assert.equal(await authenticateDuring(({ id }) => accounts.setPassword(id, OTHER_PASSWORD)), undefined);
    assert.notEqual(await authenticate('alice', OTHER_PASSWORD), undefined);
  });

  it('fails for an account that is removed during the hash', async () => {
    assert.equal(await authenticateDuring(({ id }) => accounts.remove(id)), undefined);
  });
});
