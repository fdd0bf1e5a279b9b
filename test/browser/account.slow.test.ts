import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { mailsOf } from '../support/mails.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { checkAccessibility } from './accessibility.ts';
import { collectComplaints } from './complaints.ts';
import { arrive, follow, press } from './steps.ts';

const PASSWORD = 'mock-turtle-gryphon-quadrille';
const NEW_PASSWORD = 'caucus-race-thimble-dodo';
const PHONE = { viewport: { width: 360, height: 740 } };

describe('in a browser: the account', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: TestServer;
  let operator: Operator;
  const complaints: string[] = [];
  before(async function () {
    browser = await launchChromiumOrSkip(this);
    server = await startTestServer();
    operator = await operate(server);
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    assert.deepEqual(complaints.splice(0), []);
  });
  after(async () => {
    await browser?.close();
    await operator?.close();
    await server?.stop();
  });

  async function visit(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(8000);
    const found = collectComplaints(context);
    // Chromium says it of every form that is shown again.
    context.on('close', () => complaints.push(...found.filter((text) => !text.includes('status of 400'))));
    return await context.newPage();
  }

  let count = 0;
  async function newPerson(): Promise<string> {
    const username = `person-${(count += 1)}`;
    const email = `${username}@example.com`;
    const claims = { name: 'Alice Liddell', email, email_verified: true };
    await operator.accounts.add({ username, password: PASSWORD, claims });
    return username;
  }

  /** From a page of the account, by the sign-in without an application, to the page. */
  async function signIn(page: Page, path: string, username: string): Promise<void> {
    await page.goto(server.issuer + path);
    await arrive(page, 'Sign in');
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await press(page, 'Sign in');
    await page.waitForURL(server.issuer + path);
  }

  async function saysDone(page: Page, text: string): Promise<void> {
    await page.getByRole('status').filter({ hasText: text }).waitFor();
  }

  it('on a phone without scripts: profile, language, devices, activity, and back to the applications', async () => {
    const username = await newPerson();
    const page = await visit({ ...PHONE, javaScriptEnabled: false });
    await signIn(page, '/account', username);
    await arrive(page, 'Your account');
    await follow(page, 'Profile');
    await page.getByLabel('Full name').fill('Alice Pleasance Liddell');
    await page.getByLabel('Language').selectOption('de');
    await press(page, 'Save');
    await saysDone(page, 'Ihr Profil ist gespeichert.');
    await page.getByLabel('Sprache').selectOption('');
    await press(page, 'Speichern');
    await saysDone(page, 'Your profile is saved.');
    await follow(page, 'Your account');
    await follow(page, 'Devices');
    await arrive(page, 'Where you are signed in');
    await page.getByText('You are signed in here only.').waitFor();
    await follow(page, 'Your account');
    await follow(page, 'Activity');
    await page.getByText('The profile was changed.').first().waitFor();
    await follow(page, 'Your account');
    await follow(page, 'To your applications');
    await arrive(page, 'You are signed in');
    await follow(page, 'Manage your account');
    await press(page, 'Sign out');
    await arrive(page, 'Sign out?');
  });

  it('with the keyboard alone: a wrong password, the new one, and every other device is signed out', async () => {
    const username = await newPerson();
    const page = await visit();
    await signIn(page, '/account/sessions', username);
    const other = await visit(PHONE);
    await signIn(other, '/account/sessions', username);
    await page.reload();
    await page.getByRole('button', { name: /^End (?!all)/ }).click();
    await saysDone(page, 'The session has ended.');
    await other.reload();
    await arrive(other, 'Sign in');
    await signIn(other, '/account', username);
    await tabTo(page, 'Password');
    await page.keyboard.press('Enter');
    await arrive(page, 'Change your password');
    await tabTo(page, 'Current password');
    await page.keyboard.type('white-rabbit-watch');
    await page.keyboard.press('Tab');
    await page.keyboard.type(NEW_PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('This is not your current password').waitFor();
    assert.deepEqual((await checkAccessibility(page)).violations, []);
    await tabTo(page, 'Current password');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Tab');
    await page.keyboard.type(NEW_PASSWORD);
    await page.keyboard.press('Enter');
    await saysDone(page, 'Your password is changed.');
    await other.reload();
    await arrive(other, 'Sign in');
    const mails = await mailsOf(server);
    assert.ok(mails.some(({ name, to }) => name === 'passwordChanged' && to === `${username}@example.com`));
  });

  it('a copy of the data, after a code that came by mail', async () => {
    const username = await newPerson();
    const page = await visit(PHONE);
    await signIn(page, '/account/data', username);
    await page.getByRole('link', { name: 'Get a copy' }).click();
    await page.locator('button[name="choice"]').click();
    const mail = (await mailsOf(server)).findLast(({ to }) => to === `${username}@example.com`);
    await page.locator('#code').fill(/\b\d{4} ?\d{4}\b/.exec(mail?.text ?? '')?.[0] ?? '');
    await page.keyboard.press('Enter');
    await arrive(page, 'Get a copy of your data');
    const download = page.waitForEvent('download');
    await press(page, 'Download');
    const file = await (await download).path();
    const { account } = JSON.parse(await readFile(file, 'utf8'));
    assert.equal(account.username, username);
  });

  it('deletion: typed, said on every page, and taken back', async () => {
    const username = await newPerson();
    const page = await visit({ colorScheme: 'dark' });
    await signIn(page, '/account/data', username);
    await page.getByRole('link', { name: 'Delete your account' }).click();
    await page.getByLabel('Type your username').fill('somebody');
    await press(page, 'Delete the account');
    await page.getByText('This is not your username.').waitFor();
    await page.getByLabel('Type your username').fill(username);
    await press(page, 'Delete the account');
    await saysDone(page, 'You are signed out everywhere else');
    assert.deepEqual((await checkAccessibility(page)).violations, []);
    await follow(page, 'Profile');
    await page.getByText(/Your account will be deleted on/).waitFor();
    assert.deepEqual((await checkAccessibility(page)).violations, []);
    await follow(page, 'Keep the account');
    await press(page, 'Keep the account');
    await saysDone(page, 'Your account stays.');
  });
});

/** Presses Tab until the element with this name has the focus, and a ring. */
async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    const stop = (await focused.count()) === 0 ? '' : await focused.ariaSnapshot();
    if (stop.includes(`"${name}"`)) break;
    passed.push(stop);
    assert.ok(passed.length < 30, `${name} is not among ${passed.join(', ')}`);
  }
  const ring = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
  assert.equal(ring, 'solid', name);
}
