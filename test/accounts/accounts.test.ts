import assert from 'node:assert/strict';
import type { Account, Accounts } from '../../src/accounts/accounts.ts';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { GrantRevokedError } from '../../src/store/errors.ts';
import {
  type AccountsFixture,
  openAccounts,
  OTHER_PASSWORD,
  PASSWORD,
  REVOCATION_LIFETIME,
  SETTINGS,
} from './fixture.ts';

describe('Accounts', () => {
  let fixture: AccountsFixture;
  let accounts: Accounts;

  beforeEach(async () => {
    fixture = await openAccounts();
    ({ accounts } = fixture);
  });
  afterEach(() => fixture.close());

  /** Gives the account a session and a refresh token under a grant. */
  async function signIn({ id: accountId }: Account): Promise<void> {
    const write = { payload: {}, expiresAt: fixture.now + 500, accountId };
    await fixture.store.artifacts.upsert('Session', 'session', { ...write, uid: 'uid' });
    await fixture.store.artifacts.upsert('Grant', 'grant', { ...write, grantId: 'grant' });
    await fixture.store.artifacts.upsert('RefreshToken', 'token', { ...write, grantId: 'grant' });
  }

  async function assertRevoked({ id: accountId }: Account): Promise<void> {
    assert.equal(await fixture.store.artifacts.find('Session', 'session'), undefined);
    assert.equal(await fixture.store.artifacts.find('RefreshToken', 'token'), undefined);
    fixture.now += REVOCATION_LIFETIME - 1;
    await assert.rejects(
      fixture.store.artifacts.upsert('AccessToken', 'late', {
        payload: {},
        expiresAt: fixture.now + 10,
        grantId: 'grant',
        accountId,
      }),
      GrantRevokedError,
    );
  }

  describe('when added', () => {
    it('have a random UUID for a subject, and do not expose the hash', async () => {
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
        generation: 0,
        hasPassword: true,
        details: { passwordSetAt: 1_800_000_000 },
        createdAt: 1_800_000_000,
        updatedAt: 1_800_000_000,
      });
      assert.deepEqual(await accounts.find(account.id), account);
      assert.deepEqual(await accounts.findByUsername('ALICE'), account);
      assert.deepEqual(await accounts.list({ limit: 10 }), [account]);
      assert.deepEqual(fixture.recorded, [
        { type: 'account.added', accountId: account.id, detail: { username: 'alice' } },
      ]);
    });

    it('are rejected with a username that is taken in another spelling', async () => {
      await fixture.addAlice();
      await assert.rejects(accounts.add({ username: 'ALICE' }), {
        problems: ['the username alice is taken'],
      });
    });

    it('are rejected with a password that is too short', async () => {
      await assert.rejects(accounts.add({ username: 'alice', password: 'short' }), /shorter than 12/);
      assert.equal(await accounts.findByUsername('alice'), undefined);
    });

    it('are rejected with a claim of the wrong type', async () => {
      await assert.rejects(
        accounts.add({ username: 'alice', claims: { email_verified: 'yes' } }),
        /true or false/,
      );
    });
  });

  describe('lose every session and token', () => {
    it('when disabled, and can sign in again when enabled', async () => {
      const account = await fixture.addAlice();
      await signIn(account);
      assert.equal((await accounts.disable(account.id)).disabled, true);
      assert.equal(await fixture.authenticate('alice', PASSWORD), undefined);
      await assertRevoked(account);
      assert.equal((await accounts.enable(account.id)).disabled, false);
      assert.notEqual(await fixture.authenticate('alice', PASSWORD), undefined);
    });

    it('when removed', async () => {
      const account = await fixture.addAlice();
      await signIn(account);
      await accounts.remove(account.id);
      assert.equal(await accounts.find(account.id), undefined);
      await assertRevoked(account);
      const next = await accounts.add({ username: 'alice', takesReserved: true });
      assert.notEqual(next.id, account.id);
    });

    it('when given a new password; the old one is invalid', async () => {
      const account = await fixture.addAlice();
      await signIn(account);
      await accounts.setPassword(account.id, OTHER_PASSWORD);
      assert.equal(await fixture.authenticate('alice', PASSWORD), undefined);
      assert.notEqual(await fixture.authenticate('alice', OTHER_PASSWORD), undefined);
      await assertRevoked(account);
    });

    it('when signed out, and can sign in again', async () => {
      const account = await fixture.addAlice();
      await signIn(account);
      await accounts.signOut(account.id);
      await assertRevoked(account);
      assert.equal((await accounts.find(account.id))?.generation, account.generation + 1);
      assert.notEqual(await fixture.authenticate('alice', PASSWORD), undefined);
    });

    it('after the account itself has changed, not before', async () => {
      const account = await fixture.addAlice();
      const writes: string[] = [];
      const watched = fixture.open(createPasswords(SETTINGS), {
        accounts: watch(fixture.store.accounts, writes),
        artifacts: watch(fixture.store.artifacts, writes),
      });
      await watched.setPassword(account.id, OTHER_PASSWORD);
      await watched.disable(account.id);
      await watched.remove(account.id);
      assert.equal(
        writes.join(),
        'find,update,revokeAccount,update,revokeAccount,find,upsert,upsert,remove,revokeAccount',
      );
    });
  });

  it('change the given claims only', async () => {
    const account = await accounts.add({ username: 'alice', claims: { name: 'Alice', nickname: 'al' } });
    fixture.now += 5;
    const changed = await accounts.changeClaims(account.id, { email: 'alice@example.com', nickname: null });
    assert.deepEqual(changed.claims, { name: 'Alice', email: 'alice@example.com' });
    assert.equal(changed.updatedAt, 1_800_000_005);
    assert.deepEqual(fixture.recorded.at(-1)?.detail, { claims: ['email', 'nickname'] });
    await assert.rejects(accounts.changeClaims(account.id, { sub: 'x' }), /set by the protocol/);
    assert.deepEqual((await accounts.find(account.id))?.claims, changed.claims);
  });

  it('keep all concurrent changes of claims', async () => {
    const { id } = await accounts.add({ username: 'alice', claims: { name: 'Alice' } });
    const names = Array.from({ length: 20 }, (_, index) => `claim_${index}`);
    await Promise.all(names.map((name) => accounts.changeClaims(id, { [name]: name })));
    const { claims = {} } = (await accounts.find(id)) ?? {};
    assert.deepEqual(Object.keys(claims).toSorted(), ['name', ...names].toSorted());
  });

  it('are rejected with an error when the account does not exist', async () => {
    const missing = { problems: ['there is no such account'] };
    await assert.rejects(accounts.disable('x'), missing);
    await assert.rejects(accounts.enable('x'), missing);
    await assert.rejects(accounts.remove('x'), missing);
    await assert.rejects(accounts.changeClaims('x', {}), missing);
    await assert.rejects(accounts.rename('x', 'y'), missing);
    await assert.rejects(accounts.setPassword('x', PASSWORD), missing);
  });

  it('are recorded in the audit trail with every change, without passwords', async () => {
    const { id } = await fixture.addAlice();
    await accounts.setPassword(id, OTHER_PASSWORD);
    await accounts.changeClaims(id, { name: 'Alice' });
    await accounts.rename(id, 'liddell');
    await accounts.disable(id);
    await accounts.enable(id);
    await accounts.remove(id);
    assert.deepEqual(
      fixture.recorded.map(({ type }) => type),
      [
        'account.added',
        'account.password_set',
        'account.changed',
        'account.renamed',
        'account.disabled',
        'account.enabled',
        'account.removed',
      ],
    );
    assert.doesNotMatch(JSON.stringify(fixture.recorded), /tea-party|looking-glass|argon2/);
  });
});

/** A proxy that records the names of the methods called. */
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
