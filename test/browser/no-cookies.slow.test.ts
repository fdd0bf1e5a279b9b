import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { launchWithPreferencesOrSkip } from '../support/chromium.ts';
import { authorizationRequest } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { arrive } from './steps.ts';

/** In Chromium's settings: 2 is “block all cookies”. */
const BLOCKED = { profile: { default_content_setting_values: { cookies: 2 } } };

describe('in a browser that blocks cookies', function () {
  this.timeout(60_000);
  let directory: string;
  let server: TestServer;
  let browser: BrowserContext | undefined;

  before(async function () {
    directory = mkdtempSync(join(tmpdir(), 'signet-chromium-'));
    mkdirSync(join(directory, 'Default'));
    writeFileSync(join(directory, 'Default', 'Preferences'), JSON.stringify(BLOCKED));
    browser = await launchWithPreferencesOrSkip(this, directory);
    server = await startTestServer();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('the sign-in says that cookies are needed, with a link back to the app', async () => {
    const page = (await browser?.newPage()) ?? assert.fail('no browser');
    await page.goto(authorizationRequest(server.issuer).url.href);
    await arrive(page, 'Cookies are needed to sign in');
    await page.getByText(`allow them for ${new URL(server.issuer).host}`).waitFor();
    const link = page.getByRole('link', { name: 'Back to Sample App' });
    assert.equal(await link.getAttribute('href'), 'http://localhost:3002/');
    assert.deepEqual(await page.context().cookies(), []);
    await page.reload();
    await arrive(page, 'Cookies are needed to sign in');
  });
});
