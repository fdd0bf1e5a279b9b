import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPostOffice, type PostOffice } from '../mail/post-office.ts';
import { row } from './support/row.ts';

const ADDRESS = 'maria@example.com';
const ACCOUNT = { id: 'maria-id', claims: { email: ADDRESS, email_verified: true } };
const LINK = 'https://login.example.com/reset?token=Gq0Jb8n1xV7yq2mYV0Zr3kq9u5t4s6w8A1B2C3D4E5F';

/** Names of the headers of a message. */
const headersOf = (message: string): string[] =>
  (message.split('\r\n\r\n')[0] ?? '').split('\r\n').flatMap((line) => /^([^\s:]+):/.exec(line)?.[1] ?? []);

describe('G: mail', () => {
  let office: PostOffice;
  beforeEach(async () => {
    office = await openPostOffice({}, { name: 'Signet\r\nBcc: evil@example.net' });
  });
  afterEach(() => office.close());

  const messages = (): string[] =>
    readdirSync(office.directory)
      .filter((file) => file.endsWith('.eml'))
      .map((file) => readFileSync(join(office.directory, file), 'utf8'));

  const HEADERS =
    'From To Subject Message-ID Date MIME-Version Auto-Submitted X-Auto-Response-Suppress Content-Type';
  row('G60', 'line breaks in the name of the service and in values', `no header but ${HEADERS}`, async () => {
    const username = 'maria\r\nBcc: evil@example.net\r\n\r\nText';
    await office.mail.notice(ACCOUNT, 'newDevice', {
      username,
      browser: '\u2028Firefox\nCc: a@example.net',
    });
    await office.mails();
    const expected = new Set(HEADERS.split(' '));
    const others = messages().flatMap((message) => headersOf(message).filter((name) => !expected.has(name)));
    return `no header but ${HEADERS}${others.length > 0 ? `: ${others.join()}` : ''}`;
  });

  const NOT_ADDRESSES = [
    'maria@example.com, evil@example.net',
    'maria@example.com;evil@example.net',
    'maria@example.com\r\nBcc: evil@example.net',
    'maria@example.com\u0000@example.net',
    '"maria@evil.example x"@example.com',
    'Maria <maria@example.com>',
    '<maria@example.com>',
    '@evil.example:maria@example.com',
    'maria%evil.example@[127.0.0.1]',
    'maria(comment)@example.com',
    'maria@-example.com',
    'maria@example..com',
    `${'m'.repeat(65)}@example.com`,
    'maria',
    '',
  ];
  row('G61', 'several, quoted, routed and other addresses that are none', '0 mails', async () => {
    for (const to of NOT_ADDRESSES) await office.mail.send('test', { to });
    return `${(await office.mails()).length} mails`;
  });

  row('G62', 'markup and addresses of a stranger in values', 'escaped, 0 links', async () => {
    const names = [
      '<a href="//evil.example">win</a>',
      'http://evil.example/win',
      'www.evil.example evil.example',
    ];
    for (const browser of names)
      await office.mail.notice(ACCOUNT, 'newDevice', { username: 'maria', browser });
    const mails = await office.mails();
    const [own] = mails.map(({ text }) => /https?:\/\/\S+/.exec(text)?.[0] ?? '');
    const withoutOwn = mails.map(({ html, text }) => (html + text).replaceAll(String(own), ''));
    const isEscaped =
      mails.every(({ html }) => !html.includes('<a href="/')) && mails.length === names.length;
    const links = withoutOwn.filter((words) => /evil\.example|https?:\/\//.test(words));
    return `${isEscaped ? 'escaped' : 'markup'}, ${links.length} links`;
  });

  row(
    'G63',
    '60 requests for one mailbox and account, then a notice',
    '10 mails, and the notice',
    async () => {
      for (let count = 0; count < 20; count += 1) {
        for (const to of [ADDRESS, ADDRESS.toUpperCase(), `maria+${count}@example.com`])
          await office.mail.send('test', { to, accountId: ACCOUNT.id });
      }
      await office.mail.notice(ACCOUNT, 'passwordChanged', { username: 'maria' });
      const names = (await office.mails()).map(({ name }) => name);
      const requested = names.filter((name) => name === 'test').length;
      return `${requested} mails${names.includes('passwordChanged') ? ', and the notice' : ''}`;
    },
  );

  row('G64', 'a mail to an address that is none', 'as many reads and writes, no mail', async () => {
    await office.runner.stop();
    const { counts } = office.store;
    const work = async (to: string) => {
      const before = { ...counts };
      await office.mail.send('test', { to, url: LINK });
      return `${counts.reads - before.reads} ${counts.transactions - before.transactions}`;
    };
    const [known, unknown] = [await work('maria@example.com'), await work('no address')];
    return known === unknown ? 'as many reads and writes, no mail' : `${known}, but ${unknown}`;
  });

  row('G65', 'address, link and text in logs, audit events and the outbox', '0 hits', async () => {
    await office.runner.stop();
    for (let count = 0; count < 12; count += 1)
      await office.mail.send('test', { to: ADDRESS, accountId: ACCOUNT.id, url: LINK, code: '815 399' });
    const { jobs } = await office.store.jobs.list({}, { limit: 100 });
    const seen = JSON.stringify([office.logged, office.events, jobs]);
    const secrets = [ADDRESS, LINK, '815 399', 'This is a test', Buffer.from(ADDRESS).toString('base64')];
    return `${secrets.filter((secret) => seen.includes(secret)).length} hits`;
  });
});
