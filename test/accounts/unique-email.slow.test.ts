import assert from 'node:assert/strict';
import { warnOfSharedEmails } from '../../src/accounts/shared-emails.ts';
import type { AccountStore } from '../../src/store/store.ts';
import { startTestServer } from '../support/server.ts';
import { operate } from '../support/noun-access.ts';
import { type AccountsFixture, openAccounts } from './fixture.ts';

describe('Email addresses of accounts', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => (fixture = await openAccounts()));
  afterEach(() => fixture.close());
  const add = (username: string, email: string) => fixture.accounts.add({ username, claims: { email } });
  const TAKEN = { name: 'AccountError', message: 'email: is the address of another account' };

  it('can be shared', async () => {
    await add('alice', 'home@example.com');
    await add('bob', 'home@example.com');
  });

  it('are unique where that is configured, ignoring case, when an account is added or changed', async () => {
    await fixture.store.accounts.requireUniqueEmail();
    await add('alice', 'home@example.com');
    await assert.rejects(add('bob', 'Home@Example.com'), TAKEN);
    const bob = await add('bob', 'bob@example.com');
    await assert.rejects(fixture.accounts.changeClaims(bob.id, { email: 'HOME@example.com' }), TAKEN);
    await assert.rejects(add('alice', 'third@example.com'), { message: 'the username alice is taken' });
  });

  it('that are shared already are listed in a warning, by usernames, up to ten groups', async () => {
    const warnings: string[] = [];
    const warn = async (accounts: Pick<AccountStore, 'sharedEmails'> = fixture.store.accounts) => {
      await warnOfSharedEmails(accounts, { warn: (text) => void warnings.push(text) });
      return warnings.pop();
    };
    assert.equal(await warn(), undefined);
    for (const username of ['alice', 'bob']) await add(username, 'home@example.com');
    const sentence =
      'accounts.uniqueEmail: accounts share an email address and keep it until one of them is changed: ';
    assert.equal(await warn(), `${sentence}alice, bob`);
    for (let index = 0; index < 20; index += 1) await add(`carl-${index}`, `carl-${index % 10}@example.com`);
    assert.match((await warn()) ?? '', /^[^;]+(?:; carl-\d+, carl-\d+){9}; and more$/);
    const broken = { sharedEmails: () => Promise.reject(new Error('no store')) };
    assert.match((await warn(broken)) ?? '', /no store/);
  });

  it('are unique on a server that is configured so; it warns of accounts that share one', async () => {
    const server = await startTestServer({ accounts: { uniqueEmail: true } });
    const { accounts, close } = await operate(server);
    const before = await operate({ config: { ...server.config, accounts: { uniqueEmail: false } } });
    try {
      const bob = { username: 'bob', claims: { email: 'ALICE@example.com' } };
      await assert.rejects(accounts.add(bob), TAKEN);
      await before.accounts.add(bob);
      assert.doesNotMatch(server.logged, /uniqueEmail/);
      await server.restart();
      assert.match(
        server.logged,
        /share an email address and keep it until one of them is changed: alice, bob"/,
      );
    } finally {
      await close();
      await before.close();
      await server.stop();
    }
  });
});
