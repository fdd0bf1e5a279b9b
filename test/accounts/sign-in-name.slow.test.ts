import assert from 'node:assert/strict';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import type { AccountRecord } from '../../src/store/store.ts';
import {
  type AccountsFixture,
  NETWORK,
  openAccounts,
  OTHER_PASSWORD,
  PASSWORD,
  SETTINGS,
} from './fixture.ts';

const ADDRESS = 'alice@example.com';
const VERIFIED = { email: 'Alice@Example.com', email_verified: true };

describe('Sign-in by email address', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => {
    fixture = await openAccounts();
  });
  afterEach(() => fixture.close());

  const add = (username: string, claims: Record<string, unknown>, password = PASSWORD) =>
    fixture.accounts.add({ username, password, claims });

  /** As a version without the rule for usernames has stored it. */
  async function addWithOldUsername(username: string, claims: AccountRecord['claims'] = {}) {
    const { id } = await add(`new-${username.replace('@', '-')}`, claims, OTHER_PASSWORD);
    await fixture.store.accounts.update(id, () => ({ username }));
    return id;
  }

  const signedIn = async (name: string, password = PASSWORD) =>
    (await fixture.authenticate(name, password))?.username;

  it('takes any spelling of a verified address', async () => {
    await add('alice', VERIFIED);
    for (const spelling of [ADDRESS, 'ALICE@example.com', ` ${ADDRESS} `, 'alice\uFF20example.com'])
      assert.equal(await signedIn(spelling), 'alice', spelling);
    assert.equal(await signedIn('alice'), 'alice');
  });

  it('takes no address that is not verified, and none of a part of it', async () => {
    await add('alice', { email: ADDRESS });
    await add('bob', { email: 'bob@example.com', email_verified: false });
    await add('carl', { email: 'carl@example.com', email_verified: true });
    for (const name of [ADDRESS, 'bob@example.com', 'carl@', '@example.com', 'carl@example'])
      assert.equal(await signedIn(name), undefined, name);
  });

  it('takes no address that several accounts have verified, also a disabled one', async () => {
    await add('alice', VERIFIED);
    const { id } = await add('twin', { email: ADDRESS, email_verified: true });
    assert.equal(await signedIn(ADDRESS), undefined);
    await fixture.accounts.disable(id);
    assert.equal(await signedIn(ADDRESS), undefined);
    await fixture.accounts.changeClaims(id, { email_verified: false });
    assert.equal(await signedIn(ADDRESS), 'alice');
  });

  it('takes no address that more accounts share than are looked at', async () => {
    await add('alice', VERIFIED);
    const others = Array.from({ length: 20 }, (_, index) => `other-${index}`);
    for (const username of others.slice(0, 19))
      await fixture.accounts.add({ username, claims: { email: ADDRESS } });
    assert.equal(await signedIn(ADDRESS), 'alice');
    await fixture.accounts.add({ username: 'other-19', claims: { email: ADDRESS } });
    assert.equal(await signedIn(ADDRESS), undefined);
    assert.equal(await signedIn('alice'), 'alice');
  });

  describe('and a username that is an address', () => {
    it('of its own account signs in, verified or not, shared or not', async () => {
      await add(ADDRESS, { email: ADDRESS });
      assert.equal(await signedIn('ALICE@example.com'), ADDRESS);
      await fixture.accounts.changeClaims(
        (await fixture.accounts.findByUsername(ADDRESS))?.id ?? '',
        VERIFIED,
      );
      assert.equal(await signedIn(ADDRESS), ADDRESS);
      await add('twin', VERIFIED, OTHER_PASSWORD);
      assert.equal(await signedIn(ADDRESS), ADDRESS);
      assert.equal(await signedIn(ADDRESS, OTHER_PASSWORD), undefined);
    });

    for (const [title, claims] of [
      ['no address', {}],
      ['another address', { email: 'mallory@example.com', email_verified: true }],
      ['the same address, not verified', { email: ADDRESS }],
    ] as const) {
      it(`of an account with ${title} yields to the account that has verified it`, async () => {
        const old = await addWithOldUsername(ADDRESS, claims);
        assert.equal(await signedIn(ADDRESS, OTHER_PASSWORD), ADDRESS, 'while no other account has it');
        await add('alice', VERIFIED);
        assert.equal(await signedIn(ADDRESS), 'alice');
        assert.equal(await signedIn(ADDRESS, OTHER_PASSWORD), undefined);
        await fixture.accounts.remove(old);
        assert.equal(await signedIn(ADDRESS), 'alice');
      });
    }

    it('yields also when more accounts share the address than are looked at', async () => {
      await addWithOldUsername(ADDRESS);
      for (let index = 0; index <= 20; index += 1)
        await fixture.accounts.add({ username: `other-${index}`, claims: { email: ADDRESS } });
      assert.equal(await signedIn(ADDRESS, OTHER_PASSWORD), undefined);
    });
  });

  it('counts attempts with the username together', async () => {
    await add('alice', VERIFIED);
    const authentication = fixture.openAuthentication(createPasswords(SETTINGS));
    const attempt = async (username: string, password: string) => {
      const signIn = await authentication.signIn({ username, password, network: NETWORK });
      return signIn.outcome === 'refused' ? (signIn.locked?.what ?? signIn.reason) : signIn.outcome;
    };
    const answers: string[] = [];
    for (let index = 0; index < 10; index += 1)
      answers.push(await attempt(index % 2 === 0 ? 'alice' : ADDRESS, `wrong ${index}`));
    assert.deepEqual(answers, [...Array.from({ length: 9 }, () => 'wrong_password'), 'one network']);
    assert.equal(await attempt(ADDRESS, PASSWORD), 'locked');
    assert.equal(await attempt('alice', PASSWORD), 'locked');
  });

  it('reads as much for every name that has an @, and nothing more for others', async () => {
    await add('alice', VERIFIED);
    await add('bob@example.com', { email: 'bob@example.com', email_verified: true });
    await add('twin', { email: 'twin@example.com', email_verified: true });
    await add('twin-2', { email: 'twin@example.com', email_verified: true });
    const { accounts } = fixture.store;
    let reads: string[] = [];
    for (const name of ['find', 'findByUsername', 'findByEmail'] as const) {
      const read = accounts[name].bind(accounts) as (...args: unknown[]) => Promise<never>;
      accounts[name] = (...args: unknown[]) => {
        reads.push(name);
        return read(...args);
      };
    }
    for (const [name, expected] of [
      ['alice', ['findByUsername']],
      ['nobody', ['findByUsername']],
      [ADDRESS, ['findByUsername', 'findByEmail']],
      ['bob@example.com', ['findByUsername', 'findByEmail']],
      ['twin@example.com', ['findByUsername', 'findByEmail']],
      ['nobody@example.com', ['findByUsername', 'findByEmail']],
    ] as const) {
      reads = [];
      assert.equal(await signedIn(name, 'not the password'), undefined);
      assert.deepEqual(reads, expected, name);
    }
  });
});

describe('A username with an @', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => {
    fixture = await openAccounts();
  });
  afterEach(() => fixture.close());

  const refused = (work: Promise<unknown>) =>
    assert.rejects(work, {
      name: 'AccountError',
      problems: [
        `the username ${ADDRESS} looks like an email address and is not that of the account (--email): set the same address, or choose a username without @`,
      ],
    });

  it('is accepted as the address of its account', async () => {
    const claims = { email: 'Alice@example.com' };
    const { username } = await fixture.accounts.add({ username: 'ALICE@example.com', claims });
    assert.equal(username, ADDRESS);
  });

  for (const [title, claims] of [
    ['no address', {}],
    ['another address', { email: 'bob@example.com' }],
    ['an address in other characters', { email: '\uFF41lice@example.com' }],
  ] as const) {
    it(`is rejected with ${title}`, () => refused(fixture.accounts.add({ username: ADDRESS, claims })));
  }

  it('is rejected when it has the @ in another form', () =>
    refused(fixture.accounts.add({ username: 'alice\uFF20example.com' })));

  it('keeps the address of its account, and a new one needs a new username in the same change', async () => {
    const { id } = await fixture.accounts.add({ username: ADDRESS, claims: { email: ADDRESS } });
    await refused(fixture.accounts.changeClaims(id, { email: 'liddell@example.com' }));
    await refused(fixture.accounts.changeClaims(id, { email: null }));
    await fixture.accounts.changeClaims(id, { email: 'ALICE@example.com', name: 'Alice' });
    const renamed = await fixture.accounts.rename(id, 'Liddell@example.com', {
      email: 'liddell@example.com',
    });
    assert.equal(renamed.username, 'liddell@example.com');
    assert.deepEqual(renamed.claims, { email: 'liddell@example.com', name: 'Alice' });
    await refused(fixture.accounts.rename(id, ADDRESS));
    assert.equal((await fixture.accounts.rename(id, 'Alice')).username, 'alice');
    await fixture.accounts.changeClaims(id, { email: null });
  });

  it('of an account that has it already is kept; other claims can be changed', async () => {
    const { id } = await fixture.accounts.add({ username: 'old', claims: { email: 'old@example.com' } });
    await fixture.store.accounts.update(id, () => ({ username: ADDRESS }));
    await fixture.accounts.changeClaims(id, { name: 'Alice' });
    await refused(fixture.accounts.changeClaims(id, { email: 'other@example.com' }));
    await fixture.accounts.changeClaims(id, { email: ADDRESS });
  });
});
