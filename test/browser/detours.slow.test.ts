import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { setStage } from './stage.ts';
import {
  arrive,
  arriveSignedIn,
  enter,
  follow,
  press,
  signInToApp,
  startConsent,
  startSignIn,
} from './steps.ts';

/** What Chromium's console says about every page with status 400. */
const BAD_REQUEST = 'Failed to load resource: the server responded with a status of 400 (Bad Request)';

describe('in a browser: leaving the straight path of a sign-in', function () {
  this.timeout(30_000);
  const stage = setStage();

  for (const [where, start] of [
    ['at the password', startSignIn],
    ['at the question of consent', startConsent],
  ] as const) {
    it(`cancelling ${where} tells the app access_denied, from where one can begin again`, async () => {
      const { page } = await stage.visit();
      await start(page, stage.demo.app);
      await follow(page, 'Cancel');
      await arrive(page, 'You were not signed in');
      const { origin, pathname, searchParams } = new URL(page.url());
      assert.deepEqual([origin, pathname], [stage.demo.app, '/callback']);
      assert.equal(searchParams.get('error'), 'access_denied');
      await page.getByText('access_denied', { exact: true }).waitFor();
      await follow(page, 'Sign in again');
      await arrive(page, where === 'at the password' ? 'Sign in' : /asks for access/);
    });
  }

  it('a wrong password is announced and costs neither the username nor the sign-in', async () => {
    const { page, complaints } = await stage.visit();
    await startSignIn(page, stage.demo.app);
    await enter(page, 'looking-glass');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    assert.match(await alert.innerText(), /not right/);
    // Read first when the page opens, before any element of it.
    assert.match(await page.title(), /^Error: /);
    for (const label of ['Username', 'Password']) {
      const field = page.getByLabel(label);
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      assert.equal(await field.getAttribute('aria-describedby'), await alert.getAttribute('id'));
    }
    assert.equal(await page.getByLabel('Username').inputValue(), 'alice');
    assert.equal(await page.getByLabel('Password').inputValue(), '');
    assert.equal(await page.locator(':focus').getAttribute('id'), 'password');
    await page.keyboard.type('wonderland-tea-party');
    await press(page, 'Sign in');
    await press(page, 'Allow');
    await arriveSignedIn(page);
    assert.deepEqual(complaints, [BAD_REQUEST]);
  });

  it('two tabs that both ask for the password both get there', async () => {
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

  it('two tabs that both ask for consent both get there, the later one first', async () => {
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

  it('a double click on a button does what one click does', async () => {
    const { page, complaints } = await stage.visit();
    await startSignIn(page, stage.demo.app);
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password').fill('wonderland-tea-party');
    await page.getByRole('button', { name: 'Sign in' }).dblclick();
    await arrive(page, /asks for access/);
    await page.getByRole('button', { name: 'Allow' }).dblclick();
    await arriveSignedIn(page);
    assert.deepEqual(complaints, []);
  });

  it('going back after the sign-in, and reloading there, says that it is over; forward is the app again', async () => {
    const { page } = await stage.visit();
    await signInToApp(page, stage.demo.app);
    await page.goBack();
    await assertOver(page);
    await page.reload();
    await assertOver(page);
    await page.goForward();
    await arriveSignedIn(page);
  });

  it('going back from consent says that the password is behind; forward goes on', async () => {
    const { page } = await stage.visit();
    await startConsent(page, stage.demo.app);
    await page.goBack();
    await assertOver(page);
    await page.goForward();
    await press(page, 'Allow');
    await arriveSignedIn(page);
  });

  it('a sign-in that waited too long says so, whether its page is reloaded or its form sent', async () => {
    const { context, page } = await stage.visit();
    // A browser drops the cookie when the time for the interaction is up.
    const wait = (): Promise<void> => context.clearCookies({ name: 'signet_interaction' });
    await startSignIn(page, stage.demo.app);
    await wait();
    await page.reload();
    await assertOver(page);
    await startSignIn(page, stage.demo.app);
    await wait();
    await enter(page);
    await assertOver(page);
    await signInToApp(page, stage.demo.app);
  });

  it('signing out in another tab ends a sign-in that waits for consent, and one can begin again', async () => {
    const { context, page } = await stage.visit();
    await startConsent(page, stage.demo.app);
    const other = await context.newPage();
    await other.goto(`${stage.demo.issuer}/logout`);
    await press(other, 'Sign out');
    await arrive(other, 'Sign-out Success');
    await press(page, 'Allow');
    await assertOver(page);
    await signInToApp(page, stage.demo.app);
  });
});

/** The page for an interaction that is finished, expired or not this browser's: it names the way out. */
async function assertOver(page: Page): Promise<void> {
  await page.getByText('interaction_expired').waitFor();
  assert.match(await page.getByRole('main').innerText(), /Go back to the app and sign in again\./);
}
