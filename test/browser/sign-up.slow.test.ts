import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { figure } from '../support/reporter.ts';
import { setStage } from './stage.ts';
import { arrive, follow, press, startSignIn } from './steps.ts';
import { addAuthenticator } from './virtual-authenticator.ts';

const SIZES = [
  { width: 390, height: 844 },
  { width: 1280, height: 900 },
];

const PASSWORD = 'a dormouse in a teapot';

describe('in a browser: a new account', function () {
  this.timeout(60_000);
  const stage = setStage();

  /** Opens the link of a mail in the development inbox, in this tab. */
  async function openMail(page: Page, address: string): Promise<void> {
    await eventually('the mail is there', async () => {
      await page.goto(`${stage.demo.issuer}/dev/mail`);
      return (await page.getByText(address).count()) > 0;
    });
    await page.locator('li', { hasText: address }).getByRole('link').click();
    await page.locator('ul.mails a').click();
  }

  for (const viewport of SIZES) {
    const javaScriptEnabled = viewport.width > 1000;
    const how = javaScriptEnabled ? 'with' : 'without';
    it(`comes from the sign-in page by a mail, and leads to the app, ${how} JavaScript at ${viewport.width} pixels`, async () => {
      const address = `queen-${viewport.width}@example.com`;
      const { page, complaints } = await stage.visit({ viewport, javaScriptEnabled });
      await startSignIn(page, stage.demo.app);
      await follow(page, 'Create an account');
      await arrive(page, 'Create an account');
      await page.getByLabel('Email address').fill(address);
      await press(page, 'Send the link');
      await arrive(page, 'Check your email');
      await openMail(page, address);
      await arrive(page, 'Your account');
      await page.getByLabel('Your name').fill('Queen of Hearts');
      await page.getByLabel('Password', { exact: true }).fill('qwertyqwertyqwerty');
      await press(page, 'Create the account');
      await page.getByText('one of the most common ones').waitFor();
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await press(page, 'Create the account');
      await arrive(page, /asks for access/);
      await press(page, 'Allow');
      await arrive(page, 'Hello, Queen of Hearts');
      // Of the password that was refused.
      assert.deepEqual(
        complaints.filter((text) => !text.includes('400 (Bad Request)')),
        [],
      );
    });

    it(`comes from an invitation, with a passkey, in under a minute, at ${viewport.width} pixels`, async () => {
      const link = await stage.demo.invite(`carol-${viewport.width}@example.com`);
      const { page, complaints } = await stage.visit({ viewport });
      const authenticator = await addAuthenticator(page, { agrees: false });
      const started = performance.now();
      await page.goto(link);
      await arrive(page, 'Your account');
      await press(page, 'Create it with a passkey');
      assert.deepEqual(await authenticator.keys(), [], 'the name is asked for first');
      await page.getByLabel('Your name').fill('Carol');
      await authenticator.agree(true);
      await press(page, 'Create it with a passkey');
      await arrive(page, 'Your account is ready');
      const made = performance.now();
      await authenticator.agree(false);
      await follow(page, 'Sign in');
      await arrive(page, 'Sign in');
      await authenticator.agree(true);
      await press(page, 'Sign in with a passkey');
      await page.getByText('Carol').first().waitFor();
      const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`;
      figure(
        `invitation at ${viewport.width} pixels: account with a passkey after ${seconds(started, made)}, signed in with it after ${seconds(started, performance.now())}`,
      );
      assert.equal((await authenticator.keys()).length, 1);
      assert.deepEqual(complaints, []);
    });
  }
});
