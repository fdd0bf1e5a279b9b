import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { itLong } from '../support/long-form.ts';
import { setStage } from './stage.ts';
import {
  arrive,
  arriveSignedIn,
  detour,
  enter,
  follow,
  press,
  signInToApp,
  startConsent,
  startSignIn,
} from './steps.ts';

/** Chromium's console message about each page with status 400. */
const BAD_REQUEST = 'Failed to load resource: the server responded with a status of 400 (Bad Request)';

describe('in a browser: detours from a sign-in', function () {
  this.timeout(60_000);
  const stage = setStage();

  for (const [where, start, said, add] of [
    ['at the password', startSignIn, 'You cancelled the sign-in.', itLong],
    ['at the question of consent', startConsent, 'You did not allow the access.', it],
  ] as const) {
    add(`cancelling ${where} returns access_denied to the app, which can start again`, async () => {
      const { page, complaints } = await stage.visit();
      await start(page, stage.demo.app);
      await follow(page, 'Cancel');
      await arrive(page, 'You cancelled');
      const { origin, pathname, searchParams } = new URL(page.url());
      assert.deepEqual([origin, pathname], [stage.demo.app, '/callback']);
      assert.equal(searchParams.get('error'), 'access_denied');
      await page.getByText(said).waitFor();
      await follow(page, 'Sign in');
      await arrive(page, where === 'at the password' ? 'Sign in' : /asks for access/);
      assert.deepEqual(complaints, []);
    });
  }

  it('a wrong password is announced, keeps the username, and the sign-in continues', async () => {
    const { page, complaints } = await stage.visit();
    await startSignIn(page, stage.demo.app);
    await enter(page, 'looking-glass');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), /not right/);
    // Read first when the page opens, before any element of it.
    assert.match(await page.title(), /^Error: /);
    for (const label of ['Username or email address', 'Password']) {
      const field = page.getByLabel(label, { exact: true });
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      assert.equal(await field.getAttribute('aria-describedby'), await alert.getAttribute('id'));
    }
    assert.equal(await page.getByLabel('Username').inputValue(), 'alice');
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '');
    assert.equal(await page.locator(':focus').getAttribute('id'), 'password');
    const [ring, danger] = await page.evaluate<[string, string]>(
      '[getComputedStyle(document.activeElement).outlineColor, getComputedStyle(document.querySelector("[role=alert] strong")).color]',
    );
    assert.equal(ring, danger, 'the focus ring hides that the field is in error');
    await page.keyboard.type('wonderland-tea-party');
    await press(page, 'Sign in');
    await press(page, 'Allow');
    await arriveSignedIn(page);
    assert.deepEqual(complaints, [BAD_REQUEST]);
  });

  itLong('the URL after a wrong password, opened again, shows the form', async () => {
    const { page } = await stage.visit();
    await startSignIn(page, stage.demo.app);
    await enter(page, 'looking-glass');
    await page.getByRole('alert').waitFor();
    assert.match(page.url(), /\/login$/);
    await page.goto(page.url());
    await arrive(page, 'Sign in');
    await enter(page);
    await press(page, 'Allow');
    await arriveSignedIn(page);
  });

  itLong('two tabs with the sign-in form both complete', async () => {
    const { context, page, complaints } = await stage.visit();
    const other = await context.newPage();
    await startSignIn(page, stage.demo.app);
    await startSignIn(other, stage.demo.app);
    await enter(page);
    await press(page, 'Allow');
    await arriveSignedIn(page);
    await enter(other);
    await arriveSignedIn(other);
    assert.deepEqual(complaints, []);
  });

  it('two tabs with the consent page both complete, the later one first', async () => {
    const { context, page, complaints } = await stage.visit();
    const other = await context.newPage();
    await startSignIn(page, stage.demo.app);
    await startSignIn(other, stage.demo.app);
    await enter(page);
    await arrive(page, /asks for access/);
    await enter(other);
    for (const tab of [other, page]) {
      await press(tab, 'Allow');
      await arriveSignedIn(tab);
    }
    assert.deepEqual(complaints, []);
  });

  it('a double click on a button acts once', async () => {
    const { page, complaints } = await stage.visit();
    await startSignIn(page, stage.demo.app);
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('wonderland-tea-party');
    await page.getByRole('button', { name: 'Sign in', exact: true }).dblclick();
    await arrive(page, /asks for access/);
    await page.getByRole('button', { name: 'Allow' }).dblclick();
    await arriveSignedIn(page);
    assert.deepEqual(complaints, []);
  });

  it('going back from consent leads to consent again, and after the sign-in to the expired page, with a button to the app', async () => {
    const { page, complaints } = await stage.visit();
    await startConsent(page, stage.demo.app);
    const consent = page.url();
    await page.goBack();
    await arrive(page, /asks for access/);
    assert.equal(page.url(), consent);
    await press(page, 'Allow');
    await arriveSignedIn(page);
    assert.deepEqual(complaints, []);

    await page.goBack();
    await assertOver(page);
    await page.reload();
    await assertOver(page);
    await detour(async () => {
      await page.goForward();
      await arriveSignedIn(page);
      await page.goBack();
      await assertOver(page);
    });
    await follow(page, 'Back to Sample App');
    await arriveSignedIn(page);
  });

  for (const [username, javaScriptEnabled, add] of [
    ['hatter', true, itLong],
    ['hare', false, it],
  ] as const) {
    const how = javaScriptEnabled ? 'with' : 'without';
    add(
      `“Use another account” on the consent page signs in with that account, ${how} JavaScript`,
      async () => {
        const password = 'no-room-no-room';
        await stage.demo.addAccount({ username, password });
        const { page, complaints } = await stage.visit({ javaScriptEnabled });
        await startConsent(page, stage.demo.app);
        await follow(page, 'Use another account');
        await arrive(page, 'Sign in');
        await page.getByLabel('Username').fill(username);
        await page.getByLabel('Password', { exact: true }).fill(password);
        await press(page, 'Sign in');
        if (!javaScriptEnabled) {
          await arrive(page, 'One moment');
          await press(page, 'Continue');
        }
        await arrive(page, /asks for access/);
        await page.getByText(`Signed in as ${username}`).waitFor();
        await press(page, 'Allow');
        await arrive(page, `Hello, ${username}`);
        assert.deepEqual(complaints, []);
      },
    );
  }

  itLong('offline access asks for consent again and explains it', async () => {
    const { page } = await stage.visit();
    await signInToApp(page, stage.demo.app);
    await follow(page, 'Allow it while I am away');
    await arrive(page, /asks for access/);
    await page.getByText('Keep this access while you are away').waitFor();
    await press(page, 'Allow');
    await arriveSignedIn(page);
    await page.getByText('valid after you sign out too').waitFor();
    await page.goto(`${stage.demo.issuer}/logout`);
    await arrive(page, 'Sign out?');
    await page.getByText('keep their access after you sign out').waitFor();
  });

  itLong('“Stay signed in” confirms it, with a link back to the app', async () => {
    const { page } = await stage.visit();
    const { app, issuer, clientId } = stage.demo;
    await signInToApp(page, app);
    const request = new URLSearchParams({ client_id: clientId, post_logout_redirect_uri: `${app}/` });
    await page.goto(`${issuer}/logout?${request.toString()}`);
    await page.getByText('If you sign out, you go back there').waitFor();
    await press(page, 'Stay signed in');
    await arrive(page, 'You are still signed in');
    await follow(page, 'Back to Sample App');
    await arriveSignedIn(page);
    assert.equal(new URL(page.url()).origin, app);
  });

  itLong('the front page of the issuer can sign out', async () => {
    const { page } = await stage.visit();
    const { app, issuer } = stage.demo;
    await signInToApp(page, app);
    await page.goto(issuer);
    await press(page, 'Sign out');
    await arrive(page, 'Sign out?');
    await press(page, 'Sign out');
    await arrive(page, 'Sign-out Success');
    await page.goto(issuer);
    await arrive(page, 'Sign-in service');
  });

  it('too many cookies of other programs get a page that says what to do', async () => {
    const { context, page } = await stage.visit();
    const { issuer, app } = stage.demo;
    const cookies = Array.from({ length: 5 }, (_, index) => ({
      name: `other${index}`,
      value: 'x'.repeat(3500),
      domain: 'localhost',
      path: '/',
    }));
    await context.addCookies(cookies);
    const response = await page.goto(issuer);
    assert.equal(response?.status(), 431);
    await arrive(page, 'Your browser sent too much');
    const width = await page.evaluate('document.querySelector("main").getBoundingClientRect().width');
    assert.equal(width, 432, 'it has its style');
    await context.clearCookies();
    await startSignIn(page, app);
  });

  it('127.0.0.1 instead of localhost gets a styled page with a link to the issuer', async () => {
    const { page } = await stage.visit();
    const { port } = new URL(stage.demo.issuer);
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.getByText('misdirected_request').waitFor();
    const width = await page.evaluate('document.querySelector("main").getBoundingClientRect().width');
    assert.equal(width, 432);
    await follow(page, 'Go there');
    await arrive(page, 'Sign-in service');
    assert.equal(page.url(), `${stage.demo.issuer}/`);
  });

  itLong('an expired sign-in says so, and can be started again', async () => {
    const { context, page, complaints } = await stage.visit();
    // A browser drops the cookie when the time for the interaction is up.
    const wait = (): Promise<void> => context.clearCookies({ name: 'signet_interaction' });
    await startSignIn(page, stage.demo.app);
    await wait();
    await page.reload();
    await assertOver(page);
    await follow(page, 'Sign in again');
    await arrive(page, 'Sign in');
    await wait();
    await enter(page);
    await assertOver(page);
    await follow(page, 'Sign in again');
    await arrive(page, 'Sign in');
    await enter(page);
    await press(page, 'Allow');
    await arriveSignedIn(page);
    assert.deepEqual(complaints, [BAD_REQUEST, BAD_REQUEST]);
  });

  it('signing out in another tab ends a sign-in at the consent page, and it can be started again', async () => {
    const { context, page } = await stage.visit();
    await startConsent(page, stage.demo.app);
    const other = await context.newPage();
    await other.goto(`${stage.demo.issuer}/logout`);
    await press(other, 'Sign out');
    await arrive(other, 'Sign-out Success');
    await press(page, 'Allow');
    await assertOver(page);
    await detour(async () => await signInToApp(page, stage.demo.app));
  });
});

/** The page for an interaction that is finished, expired or not this browser's: it names the way out. */
async function assertOver(page: Page): Promise<void> {
  await arrive(page, 'This sign-in is over');
  await page.getByRole('link', { name: 'Back to Sample App' }).waitFor();
}
