import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, type Accounts, createAccounts } from '../../src/accounts/accounts.ts';
import { createPasswords, type Passwords } from '../../src/accounts/passwords.ts';
import type { AuditEntry } from '../../src/audit/audit.ts';
import { parseConfig } from '../../src/config/config.ts';
import { GrantRevokedError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

/** Cheaper than the configuration allows: what is tested here does not depend on it. */
const SETTINGS = { ...parseConfig({}).passwords, memory: 64 };
const PASSWORD = 'wonderland-tea-party';
const OTHER_PASSWORD = 'through-the-looking-glass';

describe('Accounts', () => {
  let directory: string;
  let store: Store;
  let now: number;
  let recorded: AuditEntry[];
  let verified: number;
  let accounts: Accounts;

  /** Real hashing, counted. */
  function counting(passwords: Passwords): Passwords {
    return {
      ...passwords,
      verify: (...args) => {
        verified += 1;
        return passwords.verify(...args);
      },
    };
  }

  function open(passwords: Passwords): Accounts {
    return createAccounts({
      store,
      passwords,
      audit: { record: (entry) => void recorded.push(entry) },
      clock: () => now,
      revocationLifetime: 1000,
    });
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'signet-accounts-'));
    now = 1_800_000_000_000;
    store = await openStore(`sqlite:${join(directory, 'signet.db')}`, { clock: () => now });
    recorded = [];
    verified = 0;
    accounts = open(counting(createPasswords(SETTINGS)));
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  const seconds = () => Math.floor(now / 1000);
  const addAlice = (): Promise<Account> => accounts.add({ username: 'alice', password: PASSWORD });

  /** Gives the account a session and a refresh token under a grant. */
  async function signIn({ id: accountId }: Account): Promise<void> {
    const write = { payload: {}, expiresAt: seconds() + 500, accountId };
    await store.artifacts.upsert('Session', 'session', { ...write, uid: 'uid' });
    await store.artifacts.upsert('Grant', 'grant', { ...write, grantId: 'grant' });
    await store.artifacts.upsert('RefreshToken', 'token', { ...write, grantId: 'grant' });
  }

  async function assertEverythingEnded({ id: accountId }: Account): Promise<void> {
    assert.equal(await store.artifacts.find('Session', 'session'), undefined);
    assert.equal(await store.artifacts.find('RefreshToken', 'token'), undefined);
    now += 999_000;
    await assert.rejects(
      store.artifacts.upsert('AccessToken', 'late', {
        payload: {},
        expiresAt: seconds() + 10,
        grantId: 'grant',
        accountId,
      }),
      GrantRevokedError,
    );
  }

  describe('when added', () => {
    it('have a random UUID for a subject, and never show the hash', async () => {
      const account = await accounts.add({
        username: ' Alice ',
        password: PASSWORD,
        claims: { email: 'alice@example.com' },
      });
      assert.match(account.id, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      assert.deepEqual(account, {
        id: account.id,
        username: 'alice',
        claims: { email: 'alice@example.com' },
        disabled: false,
        hasPassword: true,
        createdAt: 1_800_000_000,
        updatedAt: 1_800_000_000,
      });
      assert.deepEqual(await accounts.find(account.id), account);
      assert.deepEqual(await accounts.findByUsername('ALICE'), account);
      assert.deepEqual(await accounts.list({ limit: 10 }), [account]);
      assert.deepEqual(recorded, [
        { type: 'account.added', accountId: account.id, detail: { username: 'alice' } },
      ]);
    });

    it('are refused with a username that is taken in another spelling', async () => {
      await addAlice();
      await assert.rejects(accounts.add({ username: 'ALICE' }), {
        problems: ['the username alice is taken'],
      });
    });

    it('are refused with a password that is too short', async () => {
      await assert.rejects(accounts.add({ username: 'alice', password: 'short' }), /shorter than 12/);
      assert.equal(await accounts.findByUsername('alice'), undefined);
    });

    it('are refused with a claim of the wrong type', async () => {
      await assert.rejects(
        accounts.add({ username: 'alice', claims: { email_verified: 'yes' } }),
        /true or false/,
      );
    });
  });

  describe('when authenticated', () => {
    it('are found by username in any spelling and password', async () => {
      const account = await addAlice();
      assert.deepEqual(await accounts.authenticate('Alice', PASSWORD), account);
    });

    it('give the same answer for the same work whatever is wrong', async () => {
      await addAlice();
      await accounts.add({ username: 'nobody-yet' });
      await accounts.disable((await accounts.add({ username: 'barred', password: PASSWORD })).id);
      for (const [username, password] of [
        ['alice', 'not-the-password'],
        ['unknown', PASSWORD],
        ['barred', PASSWORD],
        ['nobody-yet', PASSWORD],
        ['nobody-yet', ''],
        ['\0', PASSWORD],
      ] as const) {
        verified = 0;
        assert.equal(await accounts.authenticate(username, password), undefined, username);
        assert.equal(verified, 1, `${username}: one hash is computed`);
      }
    });

    it('refuse a password of more than 4 KiB without hashing it', async () => {
      await addAlice();
      assert.equal(await accounts.authenticate('alice', 'a'.repeat(4097)), undefined);
      assert.equal(verified, 0);
    });

    it('get a new hash when the parameters changed', async () => {
      const { id } = await addAlice();
      const before = (await store.accounts.find(id))?.passwordHash;
      const stricter = open(createPasswords({ ...SETTINGS, iterations: 3 }));
      assert.notEqual(await stricter.authenticate('alice', PASSWORD), undefined);
      const after = (await store.accounts.find(id))?.passwordHash;
      assert.match(before ?? '', /m=64,t=2,p=1/);
      assert.match(after ?? '', /m=64,t=3,p=1/);
      assert.notEqual(await stricter.authenticate('alice', PASSWORD), undefined);
      assert.equal((await store.accounts.find(id))?.passwordHash, after);
    });

    it('all succeed at once while their hash is being renewed', async () => {
      await addAlice();
      const stricter = open(createPasswords({ ...SETTINGS, iterations: 3, concurrency: 2 }));
      const results = await Promise.all(
        Array.from({ length: 6 }, () => stricter.authenticate('alice', PASSWORD)),
      );
      assert.equal(results.filter((account) => account?.username === 'alice').length, 6);
    });

    /** Changes the account while its password is being checked. */
    async function authenticateDuring(
      change: (account: Account) => Promise<unknown>,
    ): Promise<Account | undefined> {
      const account = await addAlice();
      const passwords = createPasswords(SETTINGS);
      let changed = false;
      const slow = open({
        ...passwords,
        async verify(hash, password) {
          const result = await passwords.verify(hash, password);
          if (!changed) await change(account);
          changed = true;
          return result;
        },
      });
      return await slow.authenticate('alice', PASSWORD);
    }

    it('are refused when they were disabled meanwhile', async () => {
      assert.equal(await authenticateDuring(({ id }) => accounts.disable(id)), undefined);
    });

    it('are refused when they were given another password meanwhile', async () => {
      assert.equal(await authenticateDuring(({ id }) => accounts.setPassword(id, OTHER_PASSWORD)), undefined);
      assert.notEqual(await accounts.authenticate('alice', OTHER_PASSWORD), undefined);
    });

    it('are refused when they were removed meanwhile', async () => {
      assert.equal(await authenticateDuring(({ id }) => accounts.remove(id)), undefined);
    });
  });

  describe('lose every session and token', () => {
    it('when disabled, and can sign in again when enabled', async () => {
      const account = await addAlice();
      await signIn(account);
      assert.equal((await accounts.disable(account.id)).disabled, true);
      assert.equal(await accounts.authenticate('alice', PASSWORD), undefined);
      await assertEverythingEnded(account);
      assert.equal((await accounts.enable(account.id)).disabled, false);
      assert.notEqual(await accounts.authenticate('alice', PASSWORD), undefined);
    });

    it('when removed', async () => {
      const account = await addAlice();
      await signIn(account);
      await accounts.remove(account.id);
      assert.equal(await accounts.find(account.id), undefined);
      await assertEverythingEnded(account);
      assert.notEqual((await addAlice()).id, account.id);
    });

    it('when given a new password, which then is the only one', async () => {
      const account = await addAlice();
      await signIn(account);
      await accounts.setPassword(account.id, OTHER_PASSWORD);
      assert.equal(await accounts.authenticate('alice', PASSWORD), undefined);
      assert.notEqual(await accounts.authenticate('alice', OTHER_PASSWORD), undefined);
      await assertEverythingEnded(account);
    });

    it('only after the account itself has changed', async () => {
      const account = await addAlice();
      const writes: string[] = [];
      const watched = createAccounts({
        store: {
          accounts: watch(store.accounts, writes),
          artifacts: watch(store.artifacts, writes),
        },
        passwords: createPasswords(SETTINGS),
        audit: { record: () => {} },
        clock: () => now,
        revocationLifetime: 1000,
      });
      await watched.setPassword(account.id, OTHER_PASSWORD);
      await watched.disable(account.id);
      await watched.remove(account.id);
      assert.equal(writes.join(), 'update,revokeAccount,update,revokeAccount,find,remove,revokeAccount');
    });
  });

  it('have all their claims replaced', async () => {
    const account = await accounts.add({ username: 'alice', claims: { name: 'Alice' } });
    now += 5000;
    const changed = await accounts.setClaims(account.id, { email: 'alice@example.com' });
    assert.deepEqual(changed.claims, { email: 'alice@example.com' });
    assert.equal(changed.updatedAt, 1_800_000_005);
    await assert.rejects(accounts.setClaims(account.id, { sub: 'x' }), /set by the protocol/);
  });

  it('say so when there is none', async () => {
    const missing = { problems: ['there is no such account'] };
    await assert.rejects(accounts.disable('x'), missing);
    await assert.rejects(accounts.enable('x'), missing);
    await assert.rejects(accounts.remove('x'), missing);
    await assert.rejects(accounts.setClaims('x', {}), missing);
    await assert.rejects(accounts.setPassword('x', PASSWORD), missing);
  });

  it('are in the audit trail with every change and without passwords', async () => {
    const { id } = await addAlice();
    await accounts.setPassword(id, OTHER_PASSWORD);
    await accounts.setClaims(id, { name: 'Alice' });
    await accounts.disable(id);
    await accounts.enable(id);
    await accounts.remove(id);
    assert.deepEqual(
      recorded.map(({ type }) => type),
      [
        'account.added',
        'account.password_set',
        'account.changed',
        'account.disabled',
        'account.enabled',
        'account.removed',
      ],
    );
    assert.doesNotMatch(JSON.stringify(recorded), /tea-party|looking-glass|argon2/);
  });
});

/** The same object, which writes down the names of the methods called. */
function watch<Port extends object>(port: Port, called: string[]): Port {
  return new Proxy(port, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        called.push(String(name));
        return method.apply(target, args);
      };
    },
  });
}
