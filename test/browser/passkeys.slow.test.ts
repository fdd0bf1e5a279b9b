import assert from 'node:assert/strict';
import { itLong } from '../support/long-form.ts';
import { HAS_CODE, PASSWORD, setPasskeyStage } from './passkey-stage.ts';
import { arrive, follow, press } from './steps.ts';
import { figure } from '../support/reporter.ts';
import { addAuthenticator } from './virtual-authenticator.ts';

const SIZES = [
  { width: 390, height: 844 },
  { width: 1280, height: 900 },
];

describe('in a browser: passkeys', function () {
  this.timeout(60_000);
  const stage = setPasskeyStage();

  for (const [index, viewport] of SIZES.entries()) {
    (index === 0 ? it : itLong)(
      `sign in with two clicks and one prompt, and are managed, at ${viewport.width} pixels`,
      async () => {
        const { page, complaints } = await stage.visit({ viewport, autofill: false });
        const phone = await addAuthenticator(page);
        await phone.addKey((await stage.person()).key);
        await stage.begin(page);
        await press(page, 'Sign in with a passkey');
        await press(page, 'Allow');
        await arrive(page, HAS_CODE);

        await page.goto(`${stage.issuer}/account/passkeys`);
        await follow(page, 'Add a passkey');
        await press(page, 'Add a passkey');
        await page.getByText('has a passkey for an account here already').first().waitFor();
        await phone.remove();
        const stick = await addAuthenticator(page, { transport: 'usb' });
        await page.getByLabel('Name').fill('Blue stick');
        await press(page, 'Add a passkey');
        await arrive(page, 'Keep these recovery codes');
        assert.equal((await stick.keys()).length, 1);

        // Another browser, with the stick alone.
        await page.context().clearCookies();
        await stage.begin(page);
        await press(page, 'Sign in with a passkey');
        await arrive(page, HAS_CODE);

        await page.goto(`${stage.issuer}/account/passkeys`);
        await follow(page, 'Rename Test key');
        await page.getByLabel('Name').fill('My phone');
        await press(page, 'Save');
        await page.getByText('The name is changed').waitFor();
        await follow(page, 'Remove Blue stick');
        await press(page, 'Remove');
        await page.getByText('The passkey is removed').waitFor();
        assert.deepEqual(await page.locator('.rows h2').allInnerTexts(), ['My phone']);
        // The page has told the browser that the key is of no use.
        assert.deepEqual(await stick.keys(), []);
        assert.deepEqual(complaints, []);
      },
    );
  }

  it('sign in by autofill, without a click', async () => {
    const { page, complaints } = await stage.visit();
    const authenticator = await addAuthenticator(page);
    await authenticator.addKey((await stage.person()).key);
    await stage.begin(page);
    await arrive(page, /asks for access/);
    assert.deepEqual(complaints, []);
  });

  // Those of a page that makes the account are in `sign-up.slow.test.ts`.
  itLong('are added by an invited person, in less than a minute', async () => {
    const url = await stage.invite('dormouse@example.com');
    const { page, complaints } = await stage.visit({ autofill: false });
    const authenticator = await addAuthenticator(page);
    const started = performance.now();
    await page.goto(url);
    await page.getByLabel('Your name').fill('The Dormouse');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await press(page, 'Create the account');
    await arrive(page, 'Your account is ready');
    await follow(page, 'Sign in');
    await stage.enter(page, 'dormouse@example.com');
    await arrive(page, 'Your account');
    await page.getByRole('link', { name: 'Passkeys' }).first().click();
    await follow(page, 'Add a passkey');
    await press(page, 'Add a passkey');
    await arrive(page, 'Keep these recovery codes');
    const seconds = (performance.now() - started) / 1000;
    assert.equal((await authenticator.keys()).length, 1);
    assert.deepEqual(complaints, []);
    figure(`an invited person has an account with a passkey after ${seconds.toFixed(1)} s`);
    assert.ok(seconds < 60);
  });

  it('that were removed are refused, and the password still works', async () => {
    const { id, username, key } = await stage.person();
    await stage.operator.store.accounts.update(id, () => ({ details: {} }));
    const { page } = await stage.visit({ autofill: false });
    const authenticator = await addAuthenticator(page);
    await authenticator.addKey(key);
    await stage.begin(page);
    await press(page, 'Sign in with a passkey');
    await page.getByText('The passkey was not accepted').waitFor();
    await stage.enter(page, username);
    await arrive(page, /asks for access/);
  });

  // In `second-factors.slow.test.ts`, with a key that was added in the browser.
  itLong('that are security keys are the second step after the password', async () => {
    const { page, complaints } = await stage.visit({ autofill: false });
    const { username, key } = await stage.person('security_key');
    const authenticator = await addAuthenticator(page);
    await authenticator.addKey(key);
    await stage.begin(page);
    await stage.enter(page, username);
    await arrive(page, 'One more step');
    await press(page, 'Continue');
    await arrive(page, /asks for access/);
    assert.deepEqual(complaints, []);
  });

  it('are not offered without JavaScript, and nothing is in the way of the password', async () => {
    const { username } = await stage.person('security_key');
    const { page } = await stage.visit({ javaScriptEnabled: false });
    await stage.begin(page);
    assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0);
    await stage.enter(page, username);
    await page.getByText('This browser cannot use security keys here').waitFor();
  });
});
