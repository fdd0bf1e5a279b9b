import assert from 'node:assert/strict';
import type { Account } from '../../src/accounts/accounts.ts';
import { openRecovery, type RecoveryFixture, tokenIn } from './recovery-fixture.ts';

const DAY = 86_400;
const FACTORS = { totp: { sealed: 'x', createdAt: 1, lastStep: 0, drift: 0 } };

describe('The recovery of a lost second factor', () => {
  let fixture: RecoveryFixture;
  let alice: Account;
  beforeEach(async () => {
    fixture = await openRecovery();
    const claims = { email: 'alice@example.com', email_verified: true };
    const { id } = await fixture.accounts.add({
      username: 'alice',
      password: 'wonderland-tea-party',
      claims,
    });
    await fixture.store.accounts.update(id, () => ({ details: { factors: FACTORS } }));
    alice = (await fixture.accounts.find(id))!;
  });
  afterEach(() => fixture.close());

  const current = async () => (await fixture.accounts.find(alice.id))!;
  const recoveries = () => fixture.recovery.recoveries;
  async function request(): Promise<string> {
    await recoveries().request(await current());
    return tokenIn(fixture.mails()[0]);
  }

  it('is in the audit trail with the requests of its steps', async () => {
    const context = (traceId: string) => ({ ip: '192.0.2.7', traceId });
    await recoveries().request(await current(), context('asked'));
    await recoveries().cancel(tokenIn(fixture.mails()[0]), context('cancelled'));
    await recoveries().request(await current(), context('asked again'));
    await recoveries().cancelBySignIn(await current(), context('signed in'));
    fixture.mails();
    await recoveries().request(await current(), context('asked at last'));
    fixture.now += DAY;
    await recoveries().finish(tokenIn(fixture.mails()[0]), context('finished'));
    const seen = fixture.events.filter(({ type }) => type.startsWith('account.recover'));
    assert.deepEqual(
      seen.map(({ traceId }) => traceId),
      ['asked', 'cancelled', 'asked again', 'signed in', 'asked at last', 'finished'],
    );
  });

  it('waits for a day, removes the factors then, once, and ends what was issued', async () => {
    const token = await request();
    assert.equal((await recoveries().find(token))?.isReady, false);
    fixture.now += DAY - 1;
    assert.equal(await recoveries().finish(token), undefined);
    assert.deepEqual((await current()).details?.factors, FACTORS);
    fixture.now += 1;
    const finished = await Promise.all(Array.from({ length: 10 }, () => recoveries().finish(token)));
    assert.equal(finished.filter((each) => each !== undefined).length, 1);
    const { details, generation, hasPassword } = await current();
    assert.deepEqual([details, generation, hasPassword], [{}, alice.generation + 1, true]);
    assert.deepEqual(
      fixture.mails().map(({ name }) => name),
      ['factorsRemoved'],
    );
  });

  it('asked for again, keeps its delay', async () => {
    const token = await request();
    fixture.now += DAY / 2;
    const again = await request();
    fixture.now += DAY / 2;
    assert.equal((await recoveries().find(token))?.isReady, true);
    assert.equal((await recoveries().find(again))?.isReady, true);
  });

  it('is cancelled by the link, and by a sign-in with the factor', async () => {
    const token = await request();
    assert.notEqual(await recoveries().cancel(token), undefined);
    const next = await request();
    await recoveries().cancelBySignIn(await current());
    fixture.now += DAY;
    assert.equal(await recoveries().finish(token), undefined);
    assert.equal(await recoveries().finish(next), undefined);
    assert.deepEqual((await current()).details?.factors, FACTORS);
  });

  it('begins again when the generation has risen, as by a new password: the mail box alone waits for a day after it', async () => {
    const token = await request();
    fixture.now += DAY;
    await fixture.accounts.signOut(alice.id);
    assert.equal(await recoveries().finish(token), undefined);
    const next = await request();
    assert.equal((await recoveries().find(next))?.isReady, false);
    assert.equal(await recoveries().finish(next), undefined);
  });

  it('needs a verified address', async () => {
    const { id } = await fixture.accounts.add({ username: 'bob', claims: { email: 'bob@example.com' } });
    assert.equal(await recoveries().request((await fixture.accounts.find(id))!), undefined);
  });
});
