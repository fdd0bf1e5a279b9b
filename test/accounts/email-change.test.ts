import assert from 'node:assert/strict';
import type { Account } from '../../src/accounts/accounts.ts';
import { createReservedNames } from '../../src/accounts/reserved-names.ts';
import { openRecovery, type RecoveryFixture, type Requested, tokenIn } from './recovery-fixture.ts';

const OWN = 'alice@example.com';
const NEW = 'alina@example.org';
const THIEF = 'mallory@example.net';
const DAY = 86_400;

describe('A change of the email address', () => {
  let fixture: RecoveryFixture;
  let alice: Account;
  beforeEach(async () => {
    fixture = await openRecovery();
    const claims = { email: OWN, email_verified: true };
    alice = await fixture.accounts.add({
      username: OWN,
      password: 'wonderland-tea-party',
      skipPasswordRules: true,
      claims,
    });
  });
  afterEach(() => fixture.close());

  const current = async () => (await fixture.accounts.find(alice.id))!;
  async function requestTo(address: string): Promise<Requested | undefined> {
    await fixture.recovery.emailChanges.request(await current(), address);
    return fixture.mails().find(({ name }) => name === 'emailChange');
  }
  /** @returns the link to undo it */
  async function change(address: string): Promise<string> {
    await fixture.recovery.emailChanges.verify(tokenIn(await requestTo(address)), alice.id);
    return tokenIn(fixture.mails().find(({ name }) => name === 'emailChanged'));
  }

  it('is made by the link to the new address, and told to both', async () => {
    const mail = await requestTo(NEW);
    assert.equal(mail?.to, NEW);
    assert.equal((await current()).claims.email, OWN);
    const token = tokenIn(mail);
    assert.equal((await fixture.recovery.emailChanges.findRequest(token, alice.id))?.address, NEW);
    await fixture.recovery.emailChanges.verify(token, alice.id);
    const { username, claims } = await current();
    assert.deepEqual([username, claims.email, claims.email_verified], [NEW, NEW, true]);
    const told = fixture.mails().map(({ name, to }) => `${name} ${to}`);
    assert.deepEqual(told, [`emailChanged ${OWN}`, `emailConfirmed ${NEW}`]);
    assert.equal(await fixture.recovery.emailChanges.verify(token, alice.id), undefined);
  });

  it('and its undoing are in the audit trail with the request that made them', async () => {
    const { emailChanges } = fixture.recovery;
    const context = (traceId: string) => ({ ip: '192.0.2.7', traceId });
    await emailChanges.request(await current(), NEW, context('asked'));
    await emailChanges.verify(tokenIn(fixture.mails()[0]), alice.id, context('made'));
    const undo = tokenIn(fixture.mails().find(({ name }) => name === 'emailChanged'));
    await emailChanges.undo(undo, context('undone'));
    const seen = fixture.events.filter(({ type }) => type.startsWith('account.email_change'));
    assert.deepEqual(
      seen.map(({ ip, traceId }) => `${ip} ${traceId}`),
      ['192.0.2.7 asked', '192.0.2.7 made', '192.0.2.7 undone'],
    );
  });

  it('is void after another one was made, or the password was changed', async () => {
    const first = tokenIn(await requestTo(NEW));
    await change(THIEF);
    assert.equal(await fixture.recovery.emailChanges.verify(first, alice.id), undefined);
    const second = tokenIn(await requestTo(NEW));
    await fixture.accounts.signOut(alice.id);
    assert.equal(await fixture.recovery.emailChanges.verify(second, alice.id), undefined);
  });

  it('undone, restores address, username and factors, ends password, sessions and links', async () => {
    const totp = { sealed: 'of-alice', createdAt: 1, lastStep: 5, drift: 0 };
    const recoveryCodes = { createdAt: 1, digests: ['one', 'two'] };
    await fixture.store.accounts.update(alice.id, () => ({ details: { factors: { totp, recoveryCodes } } }));
    const undo = await change(THIEF);
    // The thief removes what alice has, adds a factor, gets another password, and moves on to a second address.
    await fixture.store.accounts.update(alice.id, ({ details }) => ({
      details: {
        ...details,
        factors: {
          totp: { ...totp, sealed: 'of-mallory', createdAt: 2 },
          recoveryCodes: { createdAt: 1, digests: ['two'] },
        },
      },
    }));
    await fixture.accounts.signOut(alice.id);
    const undoOfThief = await change('mallory@example.com');
    const content = { accountId: alice.id, generation: (await current()).generation };
    const reset = await fixture.recovery.links.create('password reset', content, 60);
    assert.notEqual(await fixture.recovery.passwordResets.find(reset), undefined);
    const { generation } = await current();

    assert.equal((await fixture.recovery.emailChanges.findUndo(undo))?.address, OWN);
    await fixture.recovery.emailChanges.undo(undo);
    const after = await current();
    assert.deepEqual([after.username, after.claims.email, after.hasPassword], [OWN, OWN, false]);
    assert.equal(after.generation, generation + 1);
    assert.deepEqual(after.details?.factors, {
      totp,
      recoveryCodes: { createdAt: 1, digests: ['two'] },
    });
    assert.equal(await fixture.recovery.passwordResets.find(reset), undefined);
    assert.equal(await fixture.recovery.emailChanges.undo(undoOfThief), undefined);
    const told = fixture.mails().map(({ name, to }) => `${name} ${to}`);
    assert.deepEqual(told, [`emailChangeUndone ${OWN}`, 'emailChangeUndone mallory@example.com']);
    // The link follows when what the account had is destroyed.
    const [job] = (await fixture.store.jobs.list({ kind: 'password_reset' }, { limit: 9 })).jobs;
    assert.equal(job?.dueAt, fixture.now + 10);
    await fixture.recovery.passwordResets.job.send({ payload: { accountId: alice.id } } as never);
    const [sent] = fixture.mails();
    assert.deepEqual([sent?.name, sent?.to], ['passwordResetAfterUndo', OWN]);
    assert.notEqual(await fixture.recovery.passwordResets.find(tokenIn(sent)), undefined);
  });

  it('is undone once, and not after seven days', async () => {
    const undo = await change(NEW);
    const undone = await Promise.all(
      Array.from({ length: 10 }, () => fixture.recovery.emailChanges.undo(undo)),
    );
    assert.equal(undone.filter((each) => each !== undefined).length, 1);
    const late = await change(NEW);
    fixture.now += 7 * DAY;
    assert.equal(await fixture.recovery.emailChanges.undo(late), undefined);
  });

  it('reserves the former address for seven days', async () => {
    await change(NEW);
    const claims = { email: OWN, email_verified: true };
    await assert.rejects(fixture.accounts.add({ username: 'bob', claims }), /email: is reserved/);
    fixture.now += 7 * DAY;
    assert.equal((await fixture.accounts.add({ username: 'bob', claims })).username, 'bob');
  });

  it('to an address that is reserved for another account changes nothing, and gives no used code back', async () => {
    const bob = await fixture.accounts.add({ username: 'bob', claims: { email: NEW, email_verified: true } });
    const names = createReservedNames({
      artifacts: fixture.store.artifacts,
      clock: () => fixture.now * 1000,
    });
    await names.reserve('email', NEW, bob.id);
    await fixture.accounts.remove(bob.id);
    const codes = (digests: string[]) => ({ factors: { recoveryCodes: { createdAt: 1, digests } } });
    await fixture.store.accounts.update(alice.id, () => ({ details: codes(['one', 'two']) }));
    const token = tokenIn(await requestTo(NEW));
    const find = fixture.store.artifacts.find.bind(fixture.store.artifacts);
    // Before the change it is free; between the change and its end, it is reserved.
    fixture.store.artifacts.find = async (kind, id) => {
      if (kind !== 'ReservedName') return await find(kind, id);
      if ((await current()).claims.email !== NEW) return undefined;
      await fixture.store.accounts.update(alice.id, ({ details }) => ({
        details: { ...details, ...codes(['two']) },
      }));
      return await find(kind, id);
    };
    await assert.rejects(fixture.recovery.emailChanges.verify(token, alice.id), /reserved/);
    const { username, claims, details } = await current();
    assert.deepEqual([username, claims.email, claims.email_verified], [OWN, OWN, true]);
    assert.deepEqual(details?.emailChanges, []);
    assert.deepEqual(details?.factors, codes(['two']).factors);
  });
});
