import type { Page } from 'playwright-core';
import { MARIA } from './signet.ts';

/** Signs in and consents on the pages of Signet, in a real browser. */
export async function signInWithBrowser(page: Page): Promise<void> {
  await page.locator('#login[name=login]').fill(MARIA.username);
  await page.locator('#password').fill(MARIA.password);
  await page.locator('button[type=submit]').first().click();
  await page.getByRole('button', { name: 'Allow' }).click();
}
