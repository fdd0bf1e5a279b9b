import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openPostOffice, type PostOffice } from './post-office.ts';

const MARIA = {
  id: 'maria-id',
  claims: { email: 'maria@example.com', email_verified: true, locale: 'de-CH' },
};

describe('A mail', () => {
  let office: PostOffice;
  beforeEach(async () => void (office = await openPostOffice()));
  afterEach(() => office.close());

  const send = (to: string, options: object = {}) => office.mail.send('test', { to, ...options });

  it('waits in the outbox, sealed, and is written as a message and for the inbox', async () => {
    await send('maria@example.com', { accountId: 'maria-id' });
    const { jobs } = await office.store.jobs.list({}, { limit: 10 });
    assert.deepEqual(
      jobs.map(({ kind, accountId, sealed }) => [kind, accountId, sealed.includes('maria')]),
      [['mail', 'maria-id', false]],
    );
    const [mail, ...others] = await office.mails();
    assert.deepEqual(others, []);
    assert.equal(mail?.subject, 'Mail from Signet works');
    assert.equal(mail.to, 'maria@example.com');
    const path = join(office.directory, `${mail.file}.eml`);
    const message = readFileSync(path, 'utf8');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(message, /^From: Signet <login@example\.com>\r\nTo: maria@example\.com\r\n/m);
    assert.match(message, new RegExp(`^Message-ID: <${jobs[0]?.id}@localhost>\r$`, 'm'));
    assert.match(message, /^Auto-Submitted: auto-generated\r$/m);
    assert.deepEqual(office.events, ['mail.sent test']);
  });

  it('is in the language of its reader, else in English', async () => {
    for (const language of ['de-CH', 'fr', undefined]) await send('maria@example.com', { language });
    const subjects = (await office.mails()).map(({ subject }) => subject);
    assert.deepEqual(subjects.toSorted(), [
      'E-Mails von Signet kommen an',
      'Mail from Signet works',
      'Mail from Signet works',
    ]);
  });

  it('translates values that are messages of the catalogues', async () => {
    const values = { username: 'maria', factor: { key: 'mail.factors.totp' } };
    await office.mail.notice(MARIA, 'factorAdded', values);
    const [mail] = await office.mails();
    assert.match(mail?.text ?? '', /Zu Ihrem Konto maria wurde hinzugefügt: eine Authenticator-App\./);
    assert.match(mail?.text ?? '', /Ihr Konto öffnen:\nhttp:\/\/localhost:3000\/account\n/);
  });

  it('has its link and code in both forms', async () => {
    await send('maria@example.com', { url: 'https://login.example.com/reset?a=1&b=2', code: '123 456' });
    const [mail] = await office.mails();
    assert.ok(mail !== undefined);
    assert.ok(mail.html.includes('href="https://login.example.com/reset?a=1&amp;b=2"'));
    assert.ok(mail.html.includes('123 456'));
    assert.ok(mail.text.includes('\nhttps://login.example.com/reset?a=1&b=2\n'));
    assert.ok(mail.text.includes('    123 456\n'));
  });

  it('of no name is an error of the caller', async () => {
    await assert.rejects(
      office.mail.send('nothing', { to: 'maria@example.com' }),
      /the mail nothing has no subject/,
    );
  });

  it('is not sent when its link has expired meanwhile', async () => {
    await send('maria@example.com', { lifetime: 600 });
    office.clock.advance(600);
    assert.deepEqual(await office.mails(), []);
  });

  it('about an account goes to its verified address, or to the one that is named', async () => {
    const unverified = { id: 'otto-id', claims: { email: 'otto@example.com' } };
    await office.mail.notice(unverified, 'sessionsEnded', { username: 'otto' });
    await office.mail.notice({ id: 'ida-id', claims: {} }, 'sessionsEnded', { username: 'ida' });
    assert.deepEqual(await office.mails(), []);
    await office.mail.notice(MARIA, 'sessionsEnded', { username: 'maria' }, { to: 'before@example.com' });
    assert.deepEqual(
      (await office.mails()).map(({ to }) => to),
      ['before@example.com'],
    );
  });

  it('costs the store as much for a wrong address and over the limit', async () => {
    await office.runner.stop();
    const { counts } = office.store;
    const cost = async (to: string, options: object = {}) => {
      const { reads, transactions } = counts;
      await send(to, options);
      return [counts.reads - reads, counts.transactions - transactions];
    };
    const sent = await cost('maria@example.com', { accountId: 'maria-id' });
    assert.deepEqual(await cost('no address'), sent);
    for (let count = 1; count < 10; count += 1) await send('maria@example.com');
    assert.deepEqual(await cost('maria@example.com'), sent);
  });

  it('is not sent to no one, or over the limit of its kind for the address and the account', async () => {
    await send('no address');
    for (let count = 0; count < 6; count += 1) {
      await send('Maria@example.com', { accountId: 'maria-id' });
      await send('maria+shop@EXAMPLE.com');
    }
    for (let count = 0; count < 6; count += 1)
      await send(`maria${count}@example.com`, { accountId: 'maria-id' });
    await office.mail.notice(MARIA, 'sessionsEnded', { username: 'maria' });
    const sent = (await office.mails()).map(({ name, to }) => `${name} ${to}`);
    // Ten to one mailbox, and ten about one account.
    assert.equal(sent.filter((mail) => /^test maria(?:\+shop)?@/i.test(mail)).length, 10);
    assert.equal(sent.filter((mail) => /^test maria\d@/.test(mail)).length, 4);
    assert.deepEqual(
      sent.filter((mail) => !mail.startsWith('test ')),
      ['sessionsEnded maria@example.com'],
    );
    assert.equal(office.events.filter((event) => event === 'mail.limited test').length, 2);
    assert.equal(office.logged.filter((line) => line === 'mails').length, 4);
    assert.equal(office.logged.join('').includes('example.com'), false);
    office.clock.advance(3600);
    await send('maria@example.com');
    assert.equal((await office.mails()).length, sent.length + 1);
  });
});
