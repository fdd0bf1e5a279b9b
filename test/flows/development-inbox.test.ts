import assert from 'node:assert/strict';
import { inboxRoutes } from '../../src/account-pages/development-inbox.ts';
import { parseConfig } from '../../src/config/config.ts';
import { mailsOf } from '../support/mails.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('The inbox of a development server', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer({ trustedProxies: ['127.0.0.1', '::1'] });
    operator = await operate(server);
    await operator.mail.send('test', {
      to: 'alice@example.com',
      url: 'http://localhost:1/<b>',
      language: 'de',
    });
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const get = async (path: string) => {
    const response = await fetch(server.issuer + path);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it('has the mails that commands and the server have sent, with their links', async () => {
    const [mail] = await mailsOf(server);
    const list = await get('/dev/mail');
    assert.equal(list.status, 200);
    assert.ok(list.text.includes(`href="/dev/mail/${mail?.file}"`), list.text);
    const page = await get(`/dev/mail/${mail?.file}`);
    assert.ok(page.text.includes('href="http://localhost:1/&lt;b&gt;"'));
    assert.match(page.text, /<iframe [^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"/);
    assert.match(
      page.headers.get('content-security-policy') ?? '',
      new RegExp(`frame-src ${server.issuer};`),
    );
  });

  it('shows the HTML without an origin, scripts and requests', async () => {
    const [mail] = await mailsOf(server);
    const { text, headers } = await get(`/dev/mail/${mail?.file}/html`);
    assert.equal(text, mail?.html);
    assert.equal(
      headers.get('content-security-policy'),
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
    );
  });

  it('G67 is for browsers on this machine', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.9' };
    const [mail] = await mailsOf(server);
    for (const path of ['', `/${mail?.file}`, `/${mail?.file}/html`]) {
      const { status } = await fetch(`${server.issuer}/dev/mail${path}`, { headers });
      assert.equal(status, 404, path);
    }
  });

  it('is linked from the front page', async () => {
    assert.ok((await get('/')).text.includes(`href="${server.issuer}/dev/mail"`));
  });

  it('G68 has no other files', async () => {
    for (const path of ['..', 'x', '1-test.0000000000000000', '..%2F..%2Fsignet.db', '.%2e'])
      assert.equal((await get(`/dev/mail/${path}`)).status, 404, path);
  });
});

describe('Without mails in files', () => {
  it('there is no inbox in production, whatever the configuration', () => {
    const mail = { server: 'file:mails', from: 'login@example.com' };
    const config = parseConfig({ issuer: 'https://login.example.com', mail });
    assert.deepEqual(inboxRoutes({ config, renderPage: () => {} }), []);
  });

  it('there is no inbox', async () => {
    const server = await startTestServer({ mail: { server: 'smtp://localhost:1', from: 'a@example.com' } });
    try {
      assert.equal((await fetch(`${server.issuer}/dev/mail`)).status, 404);
      assert.equal((await (await fetch(server.issuer)).text()).includes('/dev/mail'), false);
    } finally {
      await server.stop();
    }
  });
});
