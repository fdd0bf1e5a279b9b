import assert from 'node:assert/strict';
import { createConfirmations, type Confirmations } from '../../src/accounts/recovery/confirmations.ts';
import type { Account } from '../../src/accounts/accounts.ts';
import { type AccountsFixture, openAccounts } from './fixture.ts';

describe('Confirmations by a code to the verified address', () => {
  let fixture: AccountsFixture;
  let confirmations: Confirmations;
  let account: Account;
  const session = { uid: 'session-of-alice' };
  before(async () => {
    fixture = await openAccounts();
    confirmations = createConfirmations({ store: fixture.store, clock: () => fixture.now * 1000 });
    const claims = { email: 'alice@example.com', email_verified: true };
    account = await fixture.accounts.add({ username: 'alice', claims });
  });
  beforeEach(() => void (fixture.now += 3600));
  after(() => fixture.close());

  const NETWORK = '192.0.2.0';
  const begin = async (network = NETWORK) => {
    const begun = await confirmations.begin({ session, account }, network);
    return begun !== undefined && 'code' in begun ? begun.code : '';
  };
  const other = (code: string) => String((Number(code) + 1) % 100_000_000).padStart(8, '0');

  it('confirm the session for five minutes, once', async () => {
    const code = await begin();
    assert.match(code, /^\d{8}$/);
    assert.equal(await confirmations.isConfirmed({ session, account }), false);
    assert.equal(
      await confirmations.check({ session, account }, ` ${code.slice(0, 4)} ${code.slice(4)}`),
      'confirmed',
    );
    assert.equal(await confirmations.check({ session, account }, code), 'void');
    assert.equal(await confirmations.isConfirmed({ session, account }), true);
    fixture.now += 300;
    assert.equal(await confirmations.isConfirmed({ session, account }), false);
  });

  it('count for one session, generation and address', async () => {
    const code = await begin();
    assert.equal(await confirmations.check({ session: { uid: 'of-mallory' }, account }, code), 'void');
    const moved = { ...account, claims: { ...account.claims, email: 'mallory@example.com' } };
    assert.equal(await confirmations.check({ session, account: moved }, code), 'void');
    await confirmations.check({ session, account }, code);
    const later = { ...account, generation: account.generation + 1 };
    assert.equal(await confirmations.isConfirmed({ session, account: later }), false);
  });

  it('are void after ten minutes, and when another code was asked for', async () => {
    const first = await begin();
    const second = await begin();
    if (first !== second) assert.equal(await confirmations.check({ session, account }, first), 'wrong');
    fixture.now += 600;
    assert.equal(await confirmations.check({ session, account }, second), 'void');
  });

  it('are void after five wrong codes, also of many requests at once', async () => {
    const code = await begin();
    const attempts = Array.from({ length: 20 }, () => confirmations.check({ session, account }, other(code)));
    const outcomes = await Promise.all(attempts);
    assert.equal(outcomes.filter((outcome) => outcome === 'wrong').length, 5);
    assert.equal(await confirmations.check({ session, account }, code), 'void');
  });

  it('are not refused for the wrong codes of another session, and asked for again after a new password', async () => {
    const thief = { session: { uid: 'of-mallory' }, account };
    for (let count = 0; count < 5; count += 1) {
      const begun = await confirmations.begin(thief, '198.51.100.0');
      const wrong = begun !== undefined && 'code' in begun ? other(begun.code) : '';
      for (let guess = 0; guess < 6; guess += 1) await confirmations.check(thief, wrong);
    }
    assert.equal(await confirmations.check({ session, account }, await begin()), 'confirmed');
    for (let count = 0; count < 5; count += 1) await confirmations.begin(thief, '203.0.113.0');
    assert.equal(await begin(), '');
    const renewed = { ...account, generation: account.generation + 1 };
    assert.ok('code' in ((await confirmations.begin({ session, account: renewed }, NETWORK)) ?? {}));
  });

  it('are not asked for without end, nor without a verified address of its own', async () => {
    for (let count = 0; count < 5; count += 1) assert.notEqual(await begin(), '');
    assert.equal(await begin(), '');
    for (let count = 0; count < 5; count += 1) assert.notEqual(await begin('198.51.100.0'), '');
    assert.deepEqual(await confirmations.begin({ session, account }, '203.0.113.0'), { retryAfter: 600 });
    fixture.now += 600;
    assert.notEqual(await begin('203.0.113.0'), '');
    const twin = await fixture.accounts.add({
      username: 'twin',
      claims: { email: 'ALICE@example.com', email_verified: true },
    });
    assert.equal(await confirmations.isPossible(twin), false);
  });
});
