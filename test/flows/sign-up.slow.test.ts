import assert from 'node:assert/strict';
import type { CreationOptions } from '../../src/accounts/credentials/passkey-options.ts';
import { Authenticator } from '../support/authenticator.ts';
import { createLinks } from '../../src/accounts/links.ts';
import { createInvitations } from '../../src/accounts/sign-up/invitations.ts';
import { authorizationRequest, redeem, signIn } from '../support/flow.ts';
import { mailsOf } from '../support/mails.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

function passkeyOptions({ html }: { html: string }): CreationOptions {
  const text = /data-options="([^"]+)"/.exec(html)?.[1] ?? '';
  return JSON.parse(text.replaceAll('&quot;', '"')) as CreationOptions;
}

const PASSWORD = 'a dormouse in a teapot';
const TERMS = { version: '2', url: 'https://example.com/terms' };

interface Page {
  status: number;
  url: URL;
  html: string;
}

describe('Sign-up', () => {
  let server: TestServer;
  before(
    async () =>
      void (server = await startTestServer({ terms: TERMS, mfa: { groups: { staff: 'required' } } })),
  );
  after(() => server.stop());

  const page = async ({ response, url }: { response: Response; url: URL }): Promise<Page> => ({
    status: response.status,
    url,
    html: await response.text(),
  });
  /** Opens the sign-in of the sample app, and its page for a new account. */
  const begin = async (agent: UserAgent, parameters: Record<string, string> = {}) => {
    const request = authorizationRequest(server.issuer, parameters);
    const first = await page(await agent.follow(request.url));
    const link = /<a href="([^"]+\/sign_up)">/.exec(first.html)?.[1];
    const form = link === undefined ? first : await page(await agent.follow(new URL(link, first.url)));
    return { request, form, hasLink: link !== undefined };
  };
  const linkOfLastMail = async (): Promise<URL> => {
    const text = (await mailsOf(server)).at(-1)?.text ?? '';
    return new URL(/http:\S+token=[\w-]{43}/.exec(text)?.[0] ?? 'http://no.link');
  };
  const fields = { name: 'Queen of Hearts', password: PASSWORD, terms: TERMS.version };

  it('leads from the sign-in page by a mail to the application, with a verified address', async () => {
    const agent = new UserAgent();
    const { request, form } = await begin(agent);
    const sent = await page(await agent.submit(form, { email: 'queen@example.com' }));
    assert.equal(sent.status, 200);
    assert.match(sent.html, /queen@example\.com/);
    const account = await page(await agent.follow(await linkOfLastMail()));
    assert.match(account.url.pathname, /^\/interaction\/[\w-]{43}\/new_account$/);
    assert.match(account.html, /id="password-rules"/);
    const refused = await page(await agent.submit(account, { ...fields, password: 'password1234' }));
    assert.equal(refused.status, 400);
    assert.match(refused.html, /one of the most common ones/);
    assert.match(refused.html, /value="Queen of Hearts"/);
    const consent = await page(await agent.submit(refused, fields));
    assert.match(consent.html, /Queen of Hearts/);
    const { url } = await agent.submit(consent, {});
    const { body } = await redeem(server.issuer, url.searchParams.get('code') ?? '', request);
    const userinfo = await fetch(`${server.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${body.access_token}` },
    });
    const { name, email, email_verified: isVerified } = (await userinfo.json()) as Record<string, unknown>;
    assert.deepEqual([name, email, isVerified], ['Queen of Hearts', 'queen@example.com', true]);
    // Used: the link does nothing any more.
    const again = await page(await agent.follow(account.url));
    assert.match(again.html, /does not work any more/);
  });

  it('answers the same for an address with an account, which gets a mail that says so', async () => {
    const answers: string[] = [];
    for (const email of ['alice@example.com', 'nobody@example.com']) {
      const agent = new UserAgent();
      const { form } = await begin(agent);
      const { status, html } = await page(await agent.submit(form, { email }));
      answers.push(`${status} ${html.replaceAll(email, '…').replaceAll(/[\w-]{43}/g, '…')}`);
    }
    assert.equal(answers[0], answers[1]);
    const mails = (await mailsOf(server)).filter(({ to }) => to === 'alice@example.com');
    assert.deepEqual(
      mails.map(({ subject }) => subject),
      ['You have an account at Signet'],
    );
    assert.doesNotMatch(mails[0]?.text ?? '', /token=/);
    const reset = /http:\S+/.exec(mails[0]?.text ?? '')?.[0] ?? '';
    assert.equal((await new UserAgent().follow(reset)).response.status, 200);
  });

  it('in another browser makes the account, signs nobody in, and leads back', async () => {
    const agent = new UserAgent();
    const { form } = await begin(agent);
    await agent.submit(form, { email: 'hatter@example.com' });
    const phone = new UserAgent();
    const account = await page(await phone.follow(await linkOfLastMail()));
    assert.equal(account.url.pathname, '/sign-up/verify');
    const ready = await page(await phone.submit(account, { ...fields, name: 'Hatter' }));
    assert.match(ready.html, /Your account is ready/);
    assert.match(ready.html, /Back to <bdi>Sample App<\/bdi>/);
    assert.equal(phone.cookie('signet_session'), undefined);
    await signIn(server.issuer, { agent, person: { username: 'hatter@example.com', password: PASSWORD } });
  });

  it('makes an account with a passkey, and the sign-in needs no password', async () => {
    const agent = new UserAgent();
    const { form } = await begin(agent, { acr_values: 'phr' });
    await agent.submit(form, { email: 'dodo@example.com' });
    const account = await page(await agent.follow(await linkOfLastMail()));
    const key = new Authenticator(server.issuer);
    const credential = key.create(passkeyOptions(account));
    const named = { ...fields, name: 'Dodo', password: '', credential };
    const refused = await page(await agent.submit(account, { ...named, terms: '' }));
    assert.match(refused.html, /must be accepted/);
    const repeated = await page(await agent.submit(refused, named));
    assert.match(repeated.html, /open for too long/);
    const consent = await page(
      await agent.submit(repeated, { ...named, credential: key.create(passkeyOptions(repeated)) }),
    );
    assert.match(consent.html, /Dodo/);
    const operator = await operate(server);
    const made = await operator.accounts.findByUsername('dodo@example.com');
    await operator.close();
    assert.deepEqual(
      [made?.hasPassword, Object.keys(made?.details?.factors?.passkeys ?? {}).length],
      [false, 1],
    );
  });

  it('is asked for by prompt=create, which a person with an account declines', async () => {
    const discovery = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json();
    assert.ok(
      (discovery as { prompt_values_supported: string[] }).prompt_values_supported.includes('create'),
    );
    const agent = new UserAgent();
    const { form, hasLink } = await begin(agent, { prompt: 'create', login_hint: 'dormouse@example.com' });
    assert.equal(hasLink, false);
    assert.match(form.html, /value="dormouse@example\.com"/);
    const decline = form.html.slice(form.html.lastIndexOf('<form'));
    const login = await page(await agent.submit({ ...form, html: decline }, {}));
    assert.match(login.html, /id="password"/);
    const second = await begin(new UserAgent(), { prompt: 'create' });
    assert.match(second.form.html, /name="email"/);
  });

  it('by an invitation to a group that needs a second factor lets the password enrol one in its browser, for an hour', async () => {
    const operator = await operate(server);
    const { issuer, accounts: rules } = server.config;
    const links = createLinks({ artifacts: operator.store.artifacts, clock: Date.now });
    const invitations = createInvitations({
      store: operator.store,
      links,
      accounts: rules,
      issuer,
      clock: Date.now,
    });
    const invited = { address: 'duchess@example.com', groups: ['staff'], isMailed: true, lifetime: 60 };
    const { url } = await invitations.add(invited);
    const agent = new UserAgent();
    const form = await page(await agent.follow(url));
    const ready = await page(await agent.submit(form, { ...fields, name: 'Duchess' }));
    assert.match(ready.html, /href="\/account"/);
    await operator.close();
    const signInWith = async (browser: UserAgent) => {
      const login = await page(await browser.follow(`${issuer}/account`));
      return await page(await browser.submit(login, { login: invited.address, password: PASSWORD }));
    };
    const elsewhere = await signInWith(new UserAgent());
    assert.match(elsewhere.url.pathname, /\/second_factor$/);
    assert.equal((await signInWith(agent)).url.pathname, '/account');
  });

  it('asks at the next sign-in for a version of the terms that was not accepted', async () => {
    const agent = new UserAgent();
    const request = authorizationRequest(server.issuer);
    const login = await page(await agent.follow(request.url));
    const terms = await page(await agent.submit(login, { login: 'alice', password: 'wonderland-tea-party' }));
    assert.match(terms.url.pathname, /\/terms$/);
    assert.match(terms.html, /href="https:\/\/example\.com\/terms"/);
    const stale = await page(await agent.submit(terms, { version: '1' }));
    assert.equal(stale.status, 400);
    const consent = await page(await agent.submit(terms, {}));
    assert.match(consent.html, /id="consent"|Allow/);
    const another = new UserAgent();
    await signIn(server.issuer, { agent: another });
  });
});
