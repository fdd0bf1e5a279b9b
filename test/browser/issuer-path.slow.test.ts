import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import * as openidClient from 'openid-client';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { itLong } from '../support/long-form.ts';
import { needNginx } from '../support/nginx.ts';
import { collectComplaints } from './complaints.ts';
import { arrive, arriveSignedIn, enter, follow, press, startSignIn } from './steps.ts';
import { type Site, startTwoIssuers, type TwoIssuers } from './two-issuers.ts';

/** The console message for the status of the page. */
const WRONG_PASSWORD = 'Failed to load resource: the server responded with a status of 400 ()';

describe('in a browser, through nginx, two issuers with a path on one host:', function () {
  this.timeout(60_000);
  let browser: Browser | undefined;
  let both: TwoIssuers | undefined;

  before(async function () {
    await needNginx(this);
    browser = await launchChromiumOrSkip(this);
    both = await startTwoIssuers();
  });
  afterEach(() => Promise.all(browser?.contexts().map((context) => context.close()) ?? []));
  after(async () => {
    await browser?.close();
    await both?.stop();
  });

  async function visit(): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
    if (browser === undefined) throw new Error('the browser runs during tests only');
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(8000);
    return { context, page: await context.newPage(), complaints: collectComplaints(context) };
  }
  const sites = (): TwoIssuers => both ?? assert.fail('the issuers run during tests only');

  /** From the app's front page, through every page of the issuer, to an answer of the API. */
  async function signInAndCallApi(page: Page, { app, issuer }: Site): Promise<void> {
    await startSignIn(page, app);
    assert.ok(page.url().startsWith(`${issuer}/interaction/`), page.url());
    await enter(page, 'wrong');
    await page.getByText('That did not work').waitFor();
    assert.ok(page.url().startsWith(`${issuer}/interaction/`), page.url());
    await enter(page);
    await arrive(page, 'Sample App asks for access to your account');
    assert.ok(page.url().startsWith(`${issuer}/interaction/`), page.url());
    await press(page, 'Allow');
    await arriveSignedIn(page);
    const claims = await page.getByRole('table').first().innerText();
    assert.equal(/^iss\s+(\S+)/m.exec(claims)?.[1], issuer);
    await press(page, 'Read messages');
    assert.equal(await page.locator('.answer .pill').innerText(), '200 OK');
    await press(page, 'Refresh');
    await arriveSignedIn(page);
  }

  for (const [name, add] of [
    ['passed', it],
    // In the short form, that of sessions is played there too.
    ['stripped', itLong],
  ] as const) {
    add(`sign-in, consent, the API, silent sign-in and sign-out work where the path is ${name}`, async () => {
      const { context, page, complaints } = await visit();
      const site = sites()[name];
      const { app, issuer } = site;
      await signInAndCallApi(page, site);

      await page.goto(issuer);
      await arrive(page, 'You are signed in');
      for (const { name: cookie, path } of await context.cookies(issuer)) {
        assert.match(cookie, /^__Host-signet_(?:session|device)_[0-9a-f]{8}$/);
        assert.equal(path, '/');
      }
      // A second sign-in of the app needs no page.
      await context.clearCookies({ domain: new URL(app).hostname });
      await page.goto(app);
      await follow(page, 'Sign in');
      await arriveSignedIn(page);

      await press(page, 'Sign out');
      await arrive(page, /Your messages/);
      await page.goto(issuer);
      await arrive(page, 'Sign-in service');
      assert.equal((await context.cookies(issuer)).filter(({ name: of }) => /session/.test(of)).length, 0);
      assert.deepEqual(complaints, [WRONG_PASSWORD]);
    });
  }

  for (const name of ['passed', 'stripped'] as const) {
    itLong(`the front page signs out where the path is ${name}`, async () => {
      const { page, complaints } = await visit();
      const { app, issuer } = sites()[name];
      await signInToAppAgain(page, app);
      await page.goto(`${issuer}/`);
      await press(page, 'Sign out');
      await arrive(page, 'Sign out?');
      await press(page, 'Sign out');
      await arrive(page, 'Sign-out Success');
      assert.equal(page.url(), `${issuer}/logout/success`);
      assert.deepEqual(complaints, []);
    });

    (name === 'stripped' ? it : itLong)(
      `a sign-in that is over can be started again where the path is ${name}`,
      async () => {
        const { context, page } = await visit();
        const { app, issuer } = sites()[name];
        await startSignIn(page, app);
        await context.clearCookies({ name: /signet_interaction_/ });
        await page.reload();
        await arrive(page, 'This sign-in is over');
        await follow(page, 'Sign in again');
        await arrive(page, 'Sign in');
        assert.ok(page.url().startsWith(`${issuer}/interaction/`));
      },
    );

    it(`clients find the metadata in each of their ways where the path is ${name}`, async () => {
      const { issuer } = sites()[name];
      const { origin, pathname } = new URL(issuer);
      for (const options of [{}, { algorithm: 'oidc' }, { algorithm: 'oauth2' }] as const) {
        const found = await openidClient.discovery(new URL(issuer), 'a', 'b', undefined, options);
        assert.equal(found.serverMetadata().token_endpoint, `${issuer}/token`);
      }
      const address = new URL(`${origin}/.well-known/openid-configuration${pathname}`);
      const found = await openidClient.discovery(address, 'a', 'b');
      assert.equal(found.serverMetadata().issuer, issuer);
    });
  }

  it('sessions of both are apart: each signs in and out by itself', async () => {
    const { context, page, complaints } = await visit();
    const { passed, stripped } = sites();
    const state = async (issuer: string): Promise<string> => {
      await page.goto(`${issuer}/`);
      return await page.getByRole('heading', { level: 1 }).innerText();
    };
    await signInToAppAgain(page, passed.app);
    assert.deepEqual(
      [await state(passed.issuer), await state(stripped.issuer)],
      ['You are signed in', 'Sign-in service'],
    );
    await signInToAppAgain(page, stripped.app);
    assert.deepEqual(
      [await state(passed.issuer), await state(stripped.issuer)],
      ['You are signed in', 'You are signed in'],
    );
    const names = (await context.cookies(passed.issuer)).map(({ name }) => name);
    assert.equal(new Set(names).size, 4, names.join());

    // Two sign-ins at once, one at each issuer.
    await context.clearCookies({ name: /signet_session_|sample_app/ });
    const other = await context.newPage();
    await startSignIn(page, passed.app);
    await startSignIn(other, stripped.app);
    await enter(page);
    await enter(other);
    for (const tab of [page, other]) await arriveSignedIn(tab);

    await other.goto(stripped.app);
    await press(other, 'Sign out');
    await arrive(other, /Your messages/);
    assert.deepEqual(
      [await state(passed.issuer), await state(stripped.issuer)],
      ['You are signed in', 'Sign-in service'],
    );
    assert.deepEqual(complaints, []);
  });

  /** Also where the consent is remembered. */
  async function signInToAppAgain(page: Page, app: string): Promise<void> {
    await startSignIn(page, app);
    await enter(page);
    const allow = page.getByRole('button', { name: 'Allow' });
    await allow
      .or(page.getByRole('button', { name: 'Sign out' }))
      .first()
      .waitFor();
    if (await allow.isVisible()) await allow.click();
    await arriveSignedIn(page);
  }
});
