import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { signIn, WEB } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const APP = { client_secret: SECRET, redirect_uris: [WEB.redirectUri], scope: 'openid' };
const CLIENTS = [
  {
    ...APP,
    client_id: 'shop',
    client_name: 'The Shop',
    client_uri: 'https://shop.example/about',
    initiate_login_uri: 'https://shop.example/login?from=sso',
    first_party: true,
  },
  { ...APP, client_id: 'bold', client_name: '<b>&"', client_uri: 'https://bold.example/' },
  { ...APP, client_id: 'silent', 'client_name#de': 'Still' },
  { ...APP, client_id: 'unused', first_party: true, client_uri: 'https://unused.example/' },
];

describe('the front page', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer({ clients: CLIENTS });
    operator = await operate(server);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const open = async (agent: UserAgent): Promise<string> => {
    const response = await agent.get(`${server.issuer}/`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    return await response.text();
  };

  it('names the person who is signed in, and has a sign-out', async () => {
    const { agent } = await signIn(server.issuer);
    const html = await open(agent);
    assert.match(html, /Signed in as <strong><bdi>Alice Liddell<\/bdi><\/strong>\s*\(<bdi>alice<\/bdi>\)/);
    const question = await agent.follow(`${server.issuer}/logout?`);
    const asked = await question.response.text();
    assert.match(asked, /<h1>Sign out\?<\/h1>/);
    await agent.submit({ url: question.url, html: asked }, { logout: 'yes' });
    assert.match(await open(agent), /<h1>Sign-in service<\/h1>/);
  });

  it('describes the server without a session, and after a sign-out', async () => {
    assert.match(await open(new UserAgent()), /<h1>Sign-in service<\/h1>/);
    const planted = new UserAgent();
    planted.headers.Cookie = `signet_session=${'x'.repeat(43)}`;
    assert.match(await open(planted), /<h1>Sign-in service<\/h1>/);
    const { agent, tokens } = await signIn(server.issuer);
    assert.match(await open(agent), /You are signed in/);
    const { sub } = decodeJwt(tokens.id_token as string);
    await operator.accounts.setPassword(sub as string, 'another-tea-party');
    assert.match(await open(agent), /<h1>Sign-in service<\/h1>/);
  });

  it('has the applications of the person, each with a link that starts a sign-in (OpenID Connect Core §4)', async () => {
    const { id: sub } = await operator.accounts.add({ username: 'bob', password: 'a-long-pass-phrase' });
    const agent = new UserAgent();
    const use = async (id: string) => {
      const client = { id, secret: SECRET, redirectUri: WEB.redirectUri };
      const person = { username: 'bob', password: 'a-long-pass-phrase' };
      return await signIn(server.issuer, { agent, client, person, parameters: { scope: 'openid' } });
    };
    for (const id of ['shop', 'bold', 'silent']) await use(id);
    const rows = async () => {
      const [, list = ''] = /<section class="apps"[^>]*>([^]*?)<\/section>/.exec(await open(agent)) ?? [];
      return [...list.matchAll(/(?:<a href="([^"]*)">)?<bdi>(.*?)<\/bdi>/g)]
        .map(([, ...row]) => row)
        .toSorted(([, a = ''], [, b = '']) => (a < b ? -1 : 1));
    };
    const shop = `https://shop.example/login?from=sso&amp;iss=${encodeURIComponent(server.issuer)}`;
    assert.deepEqual(await rows(), [
      ['https://bold.example/', '&lt;b&gt;&amp;&quot;'],
      [shop, 'The Shop'],
      [undefined, 'silent'],
    ]);
    agent.headers['Accept-Language'] = 'de-AT';
    assert.equal((await rows())[1]?.[1], 'Still');
    delete agent.headers['Accept-Language'];
    await operator.consents.withdraw(sub, 'bold');
    await operator.clients.add({ ...APP, client_id: 'gone', first_party: true });
    await use('gone');
    await operator.clients.remove('gone');
    assert.deepEqual(await rows(), [
      [shop, 'The Shop'],
      [undefined, 'silent'],
    ]);
    assert.doesNotMatch(await open(new UserAgent()), /class="apps"/);
  });
});
