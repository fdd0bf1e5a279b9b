import type { Page } from 'playwright-core';
import { MARIA } from './signet.ts';

/** Fills in the sign-in page in a browser that runs scripts. */
export async function signIn(page: Page): Promise<void> {
  await page.locator('#login').fill(MARIA.username);
  await page.locator('#password').fill(MARIA.password);
  await page.locator('#password').press('Enter');
}

/** The same at the first time, when the consent page follows. */
export async function signInAndConsent(page: Page): Promise<void> {
  await signIn(page);
  await page.getByRole('button', { name: 'Allow' }).click();
}
