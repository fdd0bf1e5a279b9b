import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { setStage } from './stage.ts';
import { arrive, arriveSignedIn, enter, follow, press, startSignIn } from './steps.ts';
import { addAuthenticator } from './virtual-authenticator.ts';

const SIZES = [
  { width: 390, height: 844 },
  { width: 1280, height: 900 },
];

const REFUSED = 'The passkey was not accepted';

describe('in a browser: passkeys', function () {
  this.timeout(60_000);
  const stage = setStage();

  /** Ends the session at the issuer. */
  async function signOut(page: Page): Promise<void> {
    await page.goto(`${stage.demo.issuer}/logout`);
    await press(page, 'Sign out');
    await arrive(page, 'Sign-out Success');
    await page.context().clearCookies({ name: 'sample_app_session' });
  }

  for (const viewport of SIZES) {
    it(`sign in by the button, with two clicks and one prompt, at ${viewport.width} pixels`, async () => {
      const key = await stage.demo.addPasskey();
      const { page, complaints } = await stage.visit({ viewport });
      const authenticator = await addAuthenticator(page, { agrees: false });
      await authenticator.addKey(key);
      await startSignIn(page, stage.demo.app);
      await authenticator.agree(true);
      await press(page, 'Sign in with a passkey');
      await arrive(page, /asks for access/);
      await press(page, 'Allow');
      await arriveSignedIn(page);
      assert.deepEqual(complaints, []);
    });

    it(`are added, used on another device, renamed and removed, at ${viewport.width} pixels`, async () => {
      const { issuer, app } = stage.demo;
      const key = await stage.demo.addPasskey();
      const { page, complaints } = await stage.visit({ viewport });
      const phone = await addAuthenticator(page);
      await phone.addKey(key);
      await page.goto(`${issuer}/account/passkeys`);
      await arrive(page, 'Passkeys');
      await follow(page, 'Add a passkey');
      await arrive(page, 'Add a passkey');
      await press(page, 'Add a passkey');
      await page.getByText('has a passkey for an account here already').first().waitFor();

      await phone.remove();
      const stick = await addAuthenticator(page, { transport: 'usb' });
      await page.getByLabel('Name').fill('Blue stick');
      await press(page, 'Add a passkey');
      await arrive(page, 'Passkeys');
      await page.getByText('Your passkey is added').waitFor();
      assert.equal((await stick.keys()).length, 1);

      await signOut(page);
      await startSignIn(page, app);
      // Autofill offers no keys of a stick.
      await press(page, 'Sign in with a passkey');
      await arrive(page, /asks for access/);

      await page.goto(`${issuer}/account/passkeys`);
      await follow(page, 'Rename Test key');
      await page.getByLabel('Name').fill('My phone');
      await press(page, 'Save');
      await page.getByText('The name is changed').waitFor();
      await follow(page, 'Remove Blue stick');
      await arrive(page, 'Remove Blue stick?');
      await press(page, 'Remove');
      await page.getByText('The passkey is removed').waitFor();
      assert.deepEqual(await page.locator('.rows h2').allInnerTexts(), ['My phone']);

      // The page has told the browser that the key is of no use.
      assert.deepEqual(await stick.keys(), []);
      assert.deepEqual(complaints, []);
    });
  }

  it('sign in by autofill, without a click', async () => {
    const key = await stage.demo.addPasskey();
    const { page, complaints } = await stage.visit();
    const authenticator = await addAuthenticator(page);
    await authenticator.addKey(key);
    await page.goto(stage.demo.app);
    await follow(page, 'Sign in');
    await arrive(page, /asks for access/);
    assert.deepEqual(complaints, []);
  });

  it('that were removed are refused, and the password still works', async () => {
    const key = await stage.demo.addPasskey();
    await stage.demo.renewAlice();
    const { page } = await stage.visit();
    const authenticator = await addAuthenticator(page, { agrees: false });
    await authenticator.addKey(key);
    await startSignIn(page, stage.demo.app);
    // Once: autofill of the page that follows would be answered at once, too.
    await page.route('**/passkey', async (route) => {
      await authenticator.agree(false);
      await route.continue();
    });
    await authenticator.agree(true);
    await press(page, 'Sign in with a passkey');
    await page.getByText(REFUSED).waitFor();
    await enter(page);
    await arrive(page, /asks for access/);
  });

  it('that are security keys are the second step after the password', async () => {
    const key = await stage.demo.addPasskey('security_key');
    const { page, complaints } = await stage.visit();
    const authenticator = await addAuthenticator(page, { agrees: false });
    await authenticator.addKey(key);
    await startSignIn(page, stage.demo.app);
    await enter(page);
    await arrive(page, 'One more step');
    await authenticator.agree(true);
    await press(page, 'Continue');
    await arrive(page, /asks for access/);
    assert.deepEqual(complaints, []);
  });

  it('are not offered without JavaScript, and nothing is in the way of the password', async () => {
    const { page } = await stage.visit({ javaScriptEnabled: false });
    await startSignIn(page, stage.demo.app);
    assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0);
    await enter(page);
    await arrive(page, /asks for access/);
  });
});
