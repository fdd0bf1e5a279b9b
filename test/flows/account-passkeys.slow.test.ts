import assert from 'node:assert/strict';
import { Authenticator } from '../support/authenticator.ts';
import { eventually } from '../support/eventually.ts';
import { signIn } from '../support/flow.ts';
import { formOf, passkeyForm } from '../support/html-form.ts';
import { mailsOf } from '../support/mails.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { addPasskey, PasskeyPage } from '../support/passkeys.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { UserAgent } from '../support/user-agent.ts';

const LIST = '/account/passkeys';

describe('the pages of passkeys', () => {
  let server: TestServer;
  let operator: Operator;
  before(async () => {
    server = await startTestServer({ mfa: { groups: { staff: 'required' } }, emailSignIn: 'code' });
    operator = await operate(server);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });
  let people = 0;

  const url = (path: string) => new URL(`${server.issuer}${path}`);
  const target = () => ({ config: server.config, store: operator.store });

  /** A person who has signed in with a passkey, and has no password. */
  async function person(more: Record<string, unknown> = {}) {
    people += 1;
    const username = `rabbit${people}`;
    const claims = { email: `${username}@example.com`, email_verified: true, ...more };
    const { id } = await operator.accounts.add({ username, claims });
    const key = await addPasskey(target(), id);
    const page = await PasskeyPage.open(server.issuer, { start: url(LIST) });
    const { agent } = page;
    const next = (await page.use(key)).headers.get('location') ?? '';
    const { response } = await agent.follow(new URL(next, server.issuer));
    return { id, agent, key, list: await response.text() };
  }

  const namesIn = (html: string): string[] =>
    [...html.matchAll(/<h2><bdi>(.*?)<\/bdi>/g)].map(([, name = '']) => name);

  /** The address behind a link of the list. */
  const linkTo = (html: string, action: string): URL =>
    url(new RegExp(`href="(${LIST}/${action}\\?key=[^"]+)"`).exec(html)?.[1] ?? '');

  async function add(agent: UserAgent, key: Authenticator, kind = 'passkey', name = 'Blue stick') {
    const response = await agent.get(url(`${LIST}/add?kind=${kind}`));
    const { fields, options } = passkeyForm(await response.text());
    return await agent.post(url(`${LIST}/add`), { ...fields, name, credential: key.create(options) });
  }

  it('lead to a sign-in and back, and list what the account has', async () => {
    const { list } = await person();
    assert.deepEqual(namesIn(list), ['Test key']);
  });

  it('add a key, which signs in, and tell it by mail and in the audit trail', async () => {
    const { agent, id } = await person();
    const key = new Authenticator(server.issuer);
    const response = await add(agent, key, 'passkey', ' Blue\u0000 <stick> ');
    assert.equal(response.status, 303);
    const list = await (await agent.get(url(LIST))).text();
    assert.match(list, /Your passkey is added/);
    assert.deepEqual(namesIn(list).toSorted(), ['Blue &lt;stick&gt;', 'Test key']);
    assert.equal((await (await PasskeyPage.open(server.issuer)).use(key)).status, 303);
    const added = () => operator.store.audit.list({ accountId: id, type: 'factor.added', limit: 5 });
    await eventually('it is audited', async () => (await added()).length === 1);
    const [{ actor, detail } = {}] = await added();
    assert.deepEqual([actor?.id, detail], [id, { factor: 'passkey', name: 'Blue <stick>' }]);
    const mail = (await mailsOf(server)).find(({ text }) => text.includes(`rabbit${people}`));
    assert.match(String(mail?.text), /passkey was added to your account/i);
    assert.equal((await add(agent, new Authenticator(server.issuer), 'security_key')).status, 303);
    assert.match(await (await agent.get(url(LIST))).text(), /Your security key is added/);
  });

  it('show recovery codes with the first key beside a password', async () => {
    const { agent, id } = await person();
    await operator.store.accounts.update(id, () => ({ passwordHash: 'unusable' }));
    const response = await add(agent, new Authenticator(server.issuer));
    assert.match(await response.text(), /<h1>Keep these recovery codes<\/h1>/);
  });

  it('do not add what is not right, and say so', async () => {
    const { agent, key, list } = await person();
    const wrong = await add(agent, key);
    assert.equal(wrong.status, 400);
    assert.match(await wrong.text(), /has a passkey for an account here already/);
    const response = await agent.get(url(`${LIST}/add`));
    const { fields, options } = passkeyForm(await response.text());
    const credential = new Authenticator('https://evil.example').create(options);
    const refused = await agent.post(url(`${LIST}/add`), { ...fields, name: 'x', credential });
    assert.match(await refused.text(), /cannot be used/);
    assert.deepEqual(namesIn(await (await agent.get(url(LIST))).text()), namesIn(list));
  });

  it('rename a key', async () => {
    const { agent, list } = await person();
    const page = await agent.get(linkTo(list, 'rename'));
    const { fields } = formOf(await page.text());
    assert.equal((await agent.post(url(`${LIST}/rename`), { ...fields, name: 'Laptop' })).status, 303);
    assert.deepEqual(namesIn(await (await agent.get(url(LIST))).text()), ['Laptop']);
  });

  it('remove a key, but not the last way in', async () => {
    const { agent, id, key, list } = await person({ email_verified: false });
    const page = await agent.get(linkTo(list, 'remove'));
    const { fields } = formOf(await page.text());
    const refused = await agent.post(url(`${LIST}/remove`), fields);
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /This is the only way into your account/);
    await addPasskey(target(), id);
    assert.equal((await agent.post(url(`${LIST}/remove`), fields)).status, 303);
    const after = await (await agent.get(url(LIST))).text();
    assert.match(after, /The passkey is removed/);
    assert.equal(namesIn(after).length, 1);
    assert.equal((await (await PasskeyPage.open(server.issuer)).use(key)).status, 400);
    // A second click: it is removed.
    assert.equal((await agent.post(url(`${LIST}/remove`), fields)).status, 303);
  });

  it('remove the last key of a person who can sign in with a mail, unless a second factor is required', async () => {
    for (const [groups, status] of [
      [[], 303],
      [['staff'], 400],
    ] as const) {
      const { agent, list } = await person({ groups });
      const { fields } = formOf(await (await agent.get(linkTo(list, 'remove'))).text());
      assert.equal((await agent.post(url(`${LIST}/remove`), fields)).status, status);
    }
    const metrics = await (await fetch(`http://127.0.0.1:${server.running.managementPort}/metrics`)).text();
    for (const labels of [
      'method="passkey",change="added"',
      'method="security_key",change="added"',
      'method="passkey",change="removed"',
    ])
      assert.match(metrics, new RegExp(`signet_factors_total\\{${labels}\\} [1-9]`));
  });

  it('remove no factor that the person needs', async () => {
    const { agent, id, list } = await person({ groups: ['staff'] });
    await operator.store.accounts.update(id, () => ({ passwordHash: 'unusable' }));
    const page = await agent.get(linkTo(list, 'remove'));
    const { fields } = formOf(await page.text());
    const refused = await agent.post(url(`${LIST}/remove`), fields);
    assert.match(await refused.text(), /Your account needs a second factor/);
    assert.equal(namesIn(await (await agent.get(url(LIST))).text()).length, 1);
  });
});

describe('passkeys that are off', () => {
  it('are neither offered nor accepted', async () => {
    const server = await startTestServer({ passkeys: { enabled: false } });
    try {
      const { agent } = await signIn(server.issuer);
      assert.doesNotMatch(await (await agent.get(`${server.issuer}/account`)).text(), /passkeys/);
      for (const path of ['', '/add', '/rename', '/remove']) {
        const { status } = await agent.get(`${server.issuer}${LIST}${path}`);
        assert.ok(status === 404 || path === '/add', `${path} ${status}`);
      }
    } finally {
      await server.stop();
    }
  });
});
