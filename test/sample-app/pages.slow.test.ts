import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { Stage } from './stage.ts';

describe('sample app: in a browser', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let stage: Stage;

  before(async function () {
    browser = await launchChromiumOrSkip(this);
  });

  after(() => browser?.close());

  beforeEach(async () => {
    stage = await Stage.open();
  });

  afterEach(async () => {
    await context.close();
    await stage.close();
  });

  const heading = (): Promise<string> => page.getByRole('heading', { level: 1 }).innerText();

  it('signs in, calls the API, refreshes and signs out without JavaScript, and its policy blocks none of it', async () => {
    context = await browser.newContext({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
    page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(stage.url);
    await page.getByRole('link', { name: 'Sign in' }).click();
    assert.equal(await heading(), 'Hello, Alice Liddell');
    await page.getByLabel('New message').fill('Down the rabbit hole');
    await page.getByRole('button', { name: 'Write' }).click();
    await page.getByRole('button', { name: 'Read messages' }).click();
    assert.match(await page.getByRole('status').innerText(), /200 OK[^§]*Down the rabbit hole/);
    await page.getByRole('button', { name: 'Refresh' }).click();
    assert.equal(stage.issuer.tokenRequests.length, 2);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    assert.equal(stage.issuer.logouts.length, 1);
    assert.deepEqual(complaints, []);
  });
});
