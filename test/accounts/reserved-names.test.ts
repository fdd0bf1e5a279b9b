import assert from 'node:assert/strict';
import { createPasswords } from '../../src/accounts/credentials/password.ts';
import { type AccountsFixture, openAccounts, SETTINGS } from './fixture.ts';

const DAY = 86_400;

describe('Reserved usernames', () => {
  let fixture: AccountsFixture;
  beforeEach(async () => void (fixture = await openAccounts()));
  afterEach(() => fixture.close());

  const add = (username: string, takesReserved = false) => fixture.accounts.add({ username, takesReserved });
  const RESERVED = { problems: ['the username alice is reserved: another account had it until recently'] };

  it('a name is reserved for 90 days after a rename, and free then', async () => {
    const { id } = await add('alice');
    await fixture.accounts.rename(id, 'alina');
    await assert.rejects(add('alice'), RESERVED);
    assert.equal(await fixture.store.accounts.findByUsername('alice'), undefined);
    const bob = await add('bob');
    await assert.rejects(fixture.accounts.rename(bob.id, 'alice'), RESERVED);
    assert.equal((await fixture.accounts.find(bob.id))?.username, 'bob');
    fixture.now += 90 * DAY;
    assert.equal((await add('alice')).username, 'alice');
  });

  it('after the removal of the account, too; the new account has another sub', async () => {
    const { id } = await add('alice');
    await fixture.accounts.remove(id);
    await assert.rejects(add('alice'), RESERVED);
    fixture.now += 90 * DAY;
    assert.notEqual((await add('alice')).id, id);
  });

  it('its account may have it back', async () => {
    const { id } = await add('alice');
    await fixture.accounts.rename(id, 'alina');
    assert.equal((await fixture.accounts.rename(id, 'alice')).username, 'alice');
  });

  it('an operator may give it to another account', async () => {
    const { id } = await add('alice');
    await fixture.accounts.rename(id, 'alina');
    const bob = await add('bob');
    const taken = await fixture.accounts.rename(bob.id, 'alice', {}, { takesReserved: true });
    assert.equal(taken.username, 'alice');
  });

  it('of many that want the name while its account gives it up, none gets it', async () => {
    const { id } = await add('alice');
    const others = Array.from({ length: 10 }, () =>
      add('alice').then(
        ({ username }) => username,
        () => '',
      ),
    );
    const [renamed, ...got] = await Promise.all([fixture.accounts.rename(id, 'alina'), ...others]);
    assert.equal(renamed.username, 'alina');
    assert.deepEqual(new Set(got), new Set(['']));
  });

  it('setPassword sets nothing for another generation', async () => {
    const { id } = await add('alice');
    const accounts = fixture.open(createPasswords(SETTINGS));
    await assert.rejects(accounts.setPassword(id, 'through-the-looking-glass', { generation: 1 }));
    assert.equal((await accounts.find(id))?.hasPassword, false);
  });
});
