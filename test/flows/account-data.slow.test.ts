import assert from 'node:assert/strict';
import { exportAccount } from '../../src/account-pages/exported-account.ts';
import { authorizationRequest, authorize, signIn, token } from '../support/flow.ts';
import { AccountPages, doneNote } from '../support/account-page.ts';
import { withClock } from '../support/clock.ts';
import { mailsOf } from '../support/mails.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const DELAY = 14 * 86_400;
const PASSWORD = 'mock-turtle-gryphon-quadrille';

describe('the data of an account', () => {
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

  let count = 0;
  async function newPerson() {
    const username = `person-${(count += 1)}`;
    const email = `${username}@example.com`;
    const { id } = await operator.accounts.add({
      username,
      password: PASSWORD,
      claims: { name: username, email, email_verified: true },
    });
    return { id, username, email, ...(await signedIn(username)) };
  }

  async function signedIn(username: string) {
    const agent = new UserAgent();
    const { tokens } = await signIn(server.issuer, {
      agent,
      person: { username, password: PASSWORD },
      parameters: { scope: 'openid offline_access', prompt: 'consent' },
    });
    const pages = new AccountPages(server.issuer, agent);
    return { agent, pages, refresh: tokens.refresh_token as string };
  }

  const sources = () => ({
    sessions: operator.sessions,
    consents: operator.consents,
    audit: operator.store.audit,
    issuer: server.issuer,
    now: 1_800_000_000,
  });

  it('is a file without secrets and without others', async () => {
    const { id, pages, username } = await newPerson();
    const secret = 'never-in-an-export';
    // The audit trail is written a moment later.
    await pages.open('/account/activity');
    await operator.store.accounts.update(id, () => ({
      details: {
        factors: {
          totp: { sealed: secret, createdAt: 1_790_000_000, lastStep: 5, drift: 0 },
          passkeys: {
            [secret]: {
              name: 'Phone',
              publicKey: secret,
              counter: 0,
              isPasskey: true,
              isBackedUp: true,
              rpId: 'localhost',
              createdAt: 1_790_000_000,
            },
          },
          recoveryCodes: { createdAt: 1_790_000_000, digests: [secret] },
        },
      },
    }));
    await operator.store.audit.append([
      { at: Date.now(), type: 'login.failed', accountId: id, ip: '203.0.113.7' },
      { at: Date.now(), type: 'account.unlocked', accountId: id, actor: { kind: 'operator', id: secret } },
      { at: Date.now(), type: 'login.failed', accountId: 'bob', ip: '198.51.100.9' },
    ]);
    const account = await operator.accounts.find(id);
    assert.ok(account);
    const text = (await Array.fromAsync(exportAccount(account, sources()))).join('');
    const data = JSON.parse(text);
    assert.doesNotMatch(text, /never-in-an-export|argon2|203\.0\.113\.7|198\.51\.100/);
    assert.deepEqual(
      [data.account.sub, data.account.username, data.account.has_password],
      [id, username, true],
    );
    assert.equal(data.account.claims.name, username);
    assert.deepEqual(data.factors.authenticator, { created_at: '2026-09-21T14:13:20.000Z' });
    assert.equal(data.factors.passkeys[0].name, 'Phone');
    assert.equal(data.factors.recovery_codes.left, 1);
    assert.equal(data.sessions[0].network, '127.0.0.0/24');
    assert.deepEqual(
      data.applications.map(({ client_id }: { client_id: string }) => client_id),
      ['demo-web'],
    );
    const types = new Set(data.activity.map(({ type }: { type: string }) => type));
    assert.ok(types.has('consent.granted') && types.has('login.succeeded'));
    assert.ok(data.activity.some(({ network }: { network?: string }) => network === '203.0.113.0/24'));
  });

  it('is deleted after a delay, once, in which applications get nothing', async () => {
    await withClock(async (clock) => {
      const { id, agent, pages, refresh, username } = await newPerson();
      const wrong = await pages.send('/account/delete', { username: 'somebody' });
      assert.equal(wrong.status, 400);
      assert.match(await wrong.text(), /value="somebody"[^>]*aria-invalid="true"/);
      const html = await pages.accepted('/account/delete', { username }, '/account/data');
      assert.match(doneNote(html) ?? '', /^You are signed out everywhere else/);
      assert.match(html, /Your account will be deleted on /);
      const { body } = await token(server.issuer, { grant_type: 'refresh_token', refresh_token: refresh });
      assert.equal(body.error, 'invalid_grant');
      const silent = await agent.follow(authorizationRequest(server.issuer, { prompt: 'none' }).url);
      assert.equal(silent.url.searchParams.get('error'), 'interaction_required');
      clock.advance(DELAY - 60);
      await server.running.sendJobs();
      assert.notEqual(await operator.accounts.find(id), undefined);
      clock.advance(60);
      await server.running.sendJobs();
      assert.equal(await operator.accounts.find(id), undefined);
      assert.equal(await pages.status('/account'), 303);
      const mail = (await mailsOf(server)).find(({ name }) => name === 'accountRemoved');
      assert.match(mail?.text ?? '', new RegExp(username));
    });
  });

  it('stays when the person says so: at the page, by the link, or to use an application', async () => {
    await withClock(async (clock) => {
      const { id, pages, username } = await newPerson();
      const pending = async () => (await operator.accounts.find(id))?.details?.deletion !== undefined;
      const remove = () => pages.accepted('/account/delete', { username }, '/account/data');

      await remove();
      assert.equal(doneNote(await pages.accepted('/account/data', {})), 'Your account stays.');
      assert.equal(await pending(), false);

      clock.advance(1);
      await remove();
      const [, url = ''] = /(http\S+\/account\/keep\?token=\S+)/.exec((await mailOf(username)) ?? '') ?? [];
      const stranger = new UserAgent();
      const link = await stranger.follow(url);
      const shown = await link.response.text();
      assert.match(shown, /Keep your account\?/);
      assert.equal(await pending(), true);
      const { response } = await stranger.submit({ url: link.url, html: shown }, {});
      assert.match(await response.text(), /Your account stays/);
      assert.equal(await pending(), false);
      assert.equal((await stranger.get(url)).status, 404);

      clock.advance(1);
      await remove();
      const agent = new UserAgent();
      const request = authorizationRequest(server.issuer, { scope: 'openid' });
      const person = { username, password: PASSWORD };
      const callback = await authorize(agent, request, person);
      assert.ok(callback.searchParams.has('code'), callback.href);
      assert.equal(await pending(), false);

      // Of the three requests, none is carried out.
      clock.advance(2 * DELAY);
      await server.running.sendJobs();
      assert.notEqual(await operator.accounts.find(id), undefined);
    });
  });

  async function mailOf(username: string): Promise<string | undefined> {
    const mails = await mailsOf(server);
    return mails.findLast(({ name, text }) => name === 'deletionRequested' && text.includes(username))?.text;
  }
});
