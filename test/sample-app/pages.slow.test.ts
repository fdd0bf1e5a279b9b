import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { checkAccessibility } from '../browser/accessibility.ts';
import { collectComplaints } from '../browser/complaints.ts';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { Stage } from './stage.ts';

describe('sample app: in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let stage: Stage;
  let complaints: string[] = [];

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

  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
    context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...options });
    complaints = collectComplaints(context);
    page = await context.newPage();
    await page.goto(stage.url);
  }

  const heading = (): Promise<string> => page.getByRole('heading', { level: 1 }).innerText();

  it('signs in, calls the API, refreshes and signs out without JavaScript, within its Content Security Policy', async () => {
    await open({ javaScriptEnabled: false });
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

  it('is accessible and fits, light at 360 px and dark at 1280 px', async () => {
    await open();
    await check();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Read messages' }).click();
    await check();
    await page.goto(`${stage.url}/callback`);
    await check();
    stage.issuer.onAuthorize = deny;
    await page.goto(`${stage.url}/login`);
    assert.equal(await heading(), 'You cancelled');
    await check();
  });

  function deny(response: URLSearchParams): void {
    response.delete('code');
    response.set('error', 'access_denied');
    response.set('error_description', 'You did not allow the access.');
  }

  /** Checks the page in each look. */
  async function check(): Promise<void> {
    for (const [colorScheme, width] of [
      ['light', 360],
      ['dark', 1280],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      assert.deepEqual((await checkAccessibility(page)).violations, [], colorScheme);
      const [content, window] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, innerWidth]',
      );
      assert.ok(content <= window, `${page.url()} is ${content} px wide in a window of ${window}`);
    }
  }
});
