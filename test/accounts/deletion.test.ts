import assert from 'node:assert/strict';
import { accountRemoval, createDeletions } from '../../src/accounts/deletion.ts';
import { NO_MAIL } from '../../src/mail/mail.ts';
import { type AccountsFixture, openAccounts, REVOCATION_LIFETIME } from './fixture.ts';

const DELAY = 1000;

describe('the removal of an account at the request of its person', () => {
  let fixture: AccountsFixture;
  before(async () => {
    fixture = await openAccounts();
  });
  after(() => fixture.close());

  const clock = () => fixture.now * 1000;
  const audit = { record: (entry: (typeof fixture.recorded)[number]) => void fixture.recorded.push(entry) };
  const open = () =>
    createDeletions({
      store: fixture.store,
      sealer: { seal: (_purpose: string, _id: string, text: Buffer) => text.toString() },
      clock,
      mail: NO_MAIL,
      delay: DELAY,
      revocationLifetime: REVOCATION_LIFETIME,
      issuer: 'https://login.example.com',
    });

  it('is carried out once, by one of many processes, and its name stays reserved', async () => {
    const { store, accounts, recorded } = fixture;
    const deletions = open();
    const { id, generation } = await fixture.addAlice();
    const requested = await deletions.request(id, { audit });
    assert.equal(requested.generation, generation + 1);
    assert.deepEqual(await deletions.request(id, { audit }), requested);
    const { jobs } = await store.jobs.list({}, { limit: 9 });
    assert.deepEqual(
      jobs.map(({ kind, accountId, dueAt }) => ({ kind, accountId, dueAt })),
      [{ kind: 'account_removal', accountId: id, dueAt: fixture.now + DELAY }],
    );
    fixture.now += DELAY;
    assert.equal(await deletions.keep(id, { audit }), false);
    const kind = accountRemoval({ accounts, clock, mail: NO_MAIL });
    const job = { id: 'x', accountId: id, clientId: undefined, attempt: 1, createdAt: 0 };
    const payload = JSON.parse(jobs[0]?.sealed ?? '');
    assert.deepEqual(await kind.send({ ...job, payload: { at: 1 } }), {
      outcome: 'dropped',
      reason: 'the person has kept the account',
    });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => kind.send({ ...job, payload })));
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'done').length, 1);
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'dropped').length, 7);
    assert.equal(recorded.filter(({ type }) => type === 'account.removed').length, 1);
    await assert.rejects(fixture.addAlice(), /reserved|taken/);
  });

  it('waits while a change of the address can be undone: the mail about it goes to the new one', async () => {
    const { accounts, store, now } = fixture;
    const { id } = await accounts.add({ username: 'bob' });
    const change = { id: 'x', at: now, email: 'bob@example.com', username: 'bob', factors: undefined };
    const emailChanges = [{ ...change, until: now + 2 * DELAY }];
    await store.accounts.update(id, () => ({ details: { emailChanges } }));
    const { details } = await open().request(id, { audit });
    assert.deepEqual(details?.deletion, { requestedAt: now, at: now + 2 * DELAY });
    const { jobs } = await store.jobs.list({}, { limit: 9 });
    assert.ok(jobs.some(({ accountId, dueAt }) => accountId === id && dueAt === now + 2 * DELAY));
  });
});
