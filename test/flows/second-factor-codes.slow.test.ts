import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { EnrolledFactors } from '../../src/accounts/enrolled-factors.ts';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { openPage, type Page, submit } from '../support/agent-pages.ts';
import { appCode, factorsOn, giveApp } from '../support/authenticator-app.ts';
import { withClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { mailsOf } from '../support/mails.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

describe('Codes of an authenticator app, and recovery codes', () => {
  let server: TestServer;
  let operator: Operator;
  let factors: EnrolledFactors;
  let number = 0;
  before(async () => {
    server = await startTestServer({});
    operator = await operate(server);
    factors = factorsOn(server.config, operator.store);
  });
  after(async () => {
    await operator.close();
    await server.stop();
  });

  const at = (path: string) => new URL(path, server.issuer);
  /** A person with an authenticator app, whose first code was used an hour ago. */
  async function addPerson() {
    number += 1;
    const username = `coder-${number}`;
    const { id } = await operator.accounts.add({ username, password: DEMO_ACCOUNT.password });
    return { id, username, secret: await giveApp(factors, { id, username }) };
  }

  const open = (agent: UserAgent, path: string): Promise<Page> => openPage(agent, at(path));

  async function openWithPassword(agent: UserAgent, path: string, username: string): Promise<Page> {
    const page = await open(agent, path);
    return await submit(agent, page, { login: username, password: DEMO_ACCOUNT.password });
  }

  const postAction = async (agent: UserAgent, page: Page, fields: Record<string, string>): Promise<Page> => {
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page.html) ?? [];
    const response = await agent.post(page.url, { csrf, ...fields });
    const location = response.headers.get('location');
    if (location !== null) return await open(agent, location);
    return { url: page.url, html: await response.text(), status: response.status };
  };

  const shownCodes = ({ html }: Page) =>
    [...html.matchAll(/<li><code>([0-9A-Z-]+)<\/code>/g)].map(([, code = '']) => code);

  it('are asked for after the password, each once', async () => {
    const person = await addPerson();
    const agent = new UserAgent();
    const page = await openWithPassword(agent, '/account', person.username);
    assert.match(page.url.pathname, /\/second_factor$/);
    const wrong = await submit(agent, page, { code: '000000' });
    assert.equal(wrong.status, 400);
    assert.match(wrong.html, /That code is not right/);
    const code = appCode(person.secret);
    assert.equal((await submit(agent, page, { code })).url.pathname, '/account');
    const other = new UserAgent();
    const again = await submit(other, await openWithPassword(other, '/account', person.username), { code });
    assert.equal(again.status, 400);
  });

  it('of another app replace it: with the first code, and a picture that is kept after a wrong one', async () => {
    const person = await addPerson();
    const agent = new UserAgent();
    const signIn = await openWithPassword(agent, '/account/authenticator', person.username);
    const page = await submit(agent, signIn, { code: appCode(person.secret) });
    assert.match(page.html, /Your authenticator app/);
    const enrolling = await open(agent, '/account/authenticator?replace=yes');
    const [, secret = ''] = /<code class="secret" dir="ltr">([^<]+)</.exec(enrolling.html) ?? [];
    const [, ticket = ''] = /name="ticket" value="([^"]+)"/.exec(enrolling.html) ?? [];
    assert.match(enrolling.html, /<svg xmlns/);
    const confirm = { action: 'confirm', ticket };
    const wrong = await postAction(agent, enrolling, { ...confirm, code: appCode(secret, 40) });
    assert.equal(wrong.status, 400);
    assert.ok(wrong.html.includes(secret), 'the same key');
    const done = await postAction(agent, wrong, { ...confirm, code: appCode(secret) });
    assert.equal(shownCodes(done).length, 10, 'a first set of recovery codes');
    assert.match(done.html, /Your authenticator app is set up/);
    assert.doesNotMatch(done.html, /Codes that you had before/);
    const [code = ''] = shownCodes(done);
    const next = new UserAgent();
    const step = await openWithPassword(next, '/account', person.username);
    assert.equal((await submit(next, step, { code: appCode(person.secret, 1) })).status, 400, 'the old app');
    const recovery = await open(next, `${step.url.pathname}?method=recovery_code`);
    assert.equal((await submit(next, recovery, { code })).url.pathname, '/account');
    await eventually('both are in the audit trail', async () => {
      const events = await operator.store.audit.list({
        accountId: person.id,
        type: 'factor.added',
        limit: 5,
      });
      const details = events.map(({ detail }) => detail);
      return isDeepStrictEqual(details, [{ factor: 'recovery_codes' }, { factor: 'totp', replaced: true }]);
    });
  });

  it('of a new set void the old ones; they go with the app', async () => {
    const person = await addPerson();
    const [old = ''] = (await factors.replaceRecoveryCodes(person.id)) ?? [];
    const agent = new UserAgent();
    const signIn = await openWithPassword(agent, '/account/recovery-codes', person.username);
    const page = await submit(agent, signIn, { code: appCode(person.secret) });
    assert.match(page.html, /You have 10 codes left/);
    const fresh = await postAction(agent, page, {});
    assert.equal(shownCodes(fresh).length, 10);
    assert.match(fresh.html, /Codes that you had before/);
    assert.equal(fresh.html.includes(old), false);
    assert.equal(await factors.useRecoveryCode(person.id, old), undefined);
    assert.equal(shownCodes(await open(agent, '/account/recovery-codes')).length, 0, 'shown once');
    const app = await open(agent, '/account/authenticator');
    assert.match(
      (await postAction(agent, app, { action: 'remove' })).html,
      /Your authenticator app is removed/,
    );
    assert.equal((await operator.store.accounts.find(person.id))?.details?.factors?.recoveryCodes, undefined);
  });

  it('say how far the clock of the device is off', async () => {
    const person = await addPerson();
    const { ticket, secret } = await factors.beginTotp(person, 'Signet');
    await factors.confirmTotp(person.id, ticket, appCode(secret, -8));
    await withClock(async (clock) => {
      clock.advance(60);
      const agent = new UserAgent();
      const signIn = await openWithPassword(agent, '/account/authenticator', person.username);
      const page = await submit(agent, signIn, { code: appCode(secret, -8) });
      assert.match(page.html, /clock of your device is about 4 minutes behind/);
    });
  });

  it('are no way in for a stolen password: a page that adds an app asks for more', async () => {
    const username = 'password-only';
    await operator.accounts.add({ username, password: DEMO_ACCOUNT.password });
    const page = await openWithPassword(new UserAgent(), '/account/authenticator', username);
    assert.equal(page.status, 403);
    assert.doesNotMatch(page.html, /otpauth:/);
  });

  it('are added with a password and a code by mail, and recovery codes come with them', async () => {
    const person = { username: 'mail-reader', password: DEMO_ACCOUNT.password };
    const claims = { email: 'reader@example.com', email_verified: true };
    const { id } = await operator.accounts.add({ ...person, claims });
    const agent = new UserAgent();
    const asked = await openWithPassword(agent, '/account/authenticator', person.username);
    assert.equal(asked.url.pathname, '/account/confirm');
    assert.match(asked.html, /id="cancel" href="\/account"/);
    const sent = await submit(agent, asked, { choice: 'send' });
    const mail = (await mailsOf(server)).findLast(({ to }) => to === claims.email);
    const [code = ''] = /\b\d{8}\b/.exec(mail?.text.replaceAll(/(?<=\d)[ \u202f](?=\d)/g, '') ?? '') ?? [];
    const page = await submit(agent, sent, { code });
    assert.equal(page.url.pathname, '/account/authenticator');
    const [, secret = ''] = /<code class="secret" dir="ltr">([^<]+)</.exec(page.html) ?? [];
    const [, ticket = ''] = /name="ticket" value="([^"]+)"/.exec(page.html) ?? [];
    const done = await postAction(agent, page, { action: 'confirm', ticket, code: appCode(secret) });
    assert.equal(shownCodes(done).length, 10);
    assert.ok((await operator.store.accounts.find(id))?.details?.factors?.totp !== undefined);
    const notices = (await mailsOf(server))
      .filter(({ to }) => to === claims.email)
      .map(({ subject }) => subject);
    assert.equal(notices.filter((subject) => subject === 'A way to sign in was added').length, 2);
  });

  it('tell the person by mail of a lock, but not when the last code before it was right', async () => {
    const { oneNetwork } = server.config.loginProtection;
    const noticesAfter = async (last: 'right' | 'wrong'): Promise<number> => {
      const { id, username, secret } = await addPerson();
      await operator.accounts.changeClaims(id, { email: `${username}@example.com`, email_verified: true });
      const agent = new UserAgent();
      const page = await openWithPassword(agent, '/account', username);
      for (let count = 1; count < oneNetwork; count += 1) await submit(agent, page, { code: '000000' });
      await submit(agent, page, { code: last === 'right' ? appCode(secret) : '000000' });
      const { jobs } = await operator.store.jobs.list({ accountId: id }, { limit: 9 });
      return jobs.filter((job) => job.id.startsWith('codesLocked.')).length;
    };
    assert.deepEqual([await noticesAfter('right'), await noticesAfter('wrong')], [0, 1]);
  });

  it('tell the person by mail: of a used code and how many are left, of another set, of a removed app', async () => {
    const username = 'told-person';
    const claims = { email: 'told@example.com', email_verified: true };
    const { id } = await operator.accounts.add({ username, password: DEMO_ACCOUNT.password, claims });
    await giveApp(factors, { id, username });
    const [code = ''] = (await factors.replaceRecoveryCodes(id)) ?? [];
    const agent = new UserAgent();
    const step = await openWithPassword(agent, '/account/recovery-codes', username);
    const typing = await open(agent, `${step.url.pathname}?method=recovery_code`);
    const page = await submit(agent, typing, { code });
    assert.match(page.html, /You have 9 codes left/);
    await postAction(agent, page, {});
    await postAction(agent, await open(agent, '/account/authenticator'), { action: 'remove' });
    const mails = (await mailsOf(server)).filter(({ to }) => to === claims.email);
    assert.deepEqual(
      mails.map(({ subject }) => subject),
      ['A recovery code was used', 'A way to sign in was added', 'A way to sign in was removed'],
    );
    assert.match(mails[0]?.text ?? '', /Codes left: 9\./);
    assert.match(mails[1]?.text ?? '', /A set of recovery codes was added to your account told-person/);
  });
});
