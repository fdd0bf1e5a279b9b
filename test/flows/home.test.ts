import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { signIn } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

describe('the front page', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer();
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
});
