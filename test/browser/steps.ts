import type { Page } from 'playwright-core';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { authorizationRequest } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import type { Demo } from './demo.ts';

/** Steps of a person on the pages, by the texts on them. */

/** Steps beside the way that most people go. They are taken in the long form: in the short form a test without a browser fails for the same fault. */
export async function detour(steps: () => Promise<void>): Promise<void> {
  if (LONG) await steps();
}

/** Waits for the page with this heading. */
export async function arrive(page: Page, heading: string | RegExp): Promise<void> {
  try {
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  } catch (cause) {
    const text = await page.locator('body').innerText();
    throw new Error(`no page “${heading}”, but ${page.url()}: ${text.slice(0, 500)}`, { cause });
  }
}

/** Of several buttons with this text in their names, the first. */
export async function press(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button }).first().click();
}

export async function follow(page: Page, link: string): Promise<void> {
  await page.getByRole('link', { name: link }).click();
}

/** From the sample app's front page to the sign-in form. */
export async function startSignIn(page: Page, app: string): Promise<void> {
  await page.goto(app);
  await follow(page, 'Sign in');
  await arrive(page, 'Sign in');
}

export async function enter(page: Page, password: string = DEMO_ACCOUNT.password): Promise<void> {
  await page.getByLabel('Username').fill(DEMO_ACCOUNT.username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await press(page, 'Sign in');
}

/** From the sample app's front page to the consent page. */
export async function startConsent(page: Page, app: string): Promise<void> {
  await startSignIn(page, app);
  await enter(page);
  await arrive(page, 'Sample App asks for access to your account');
}

/** From the sample app's front page to its account page. */
export async function signInToApp(page: Page, app: string): Promise<void> {
  await startConsent(page, app);
  await press(page, 'Allow');
  await arriveSignedIn(page);
}

export async function arriveSignedIn(page: Page): Promise<void> {
  await arrive(page, `Hello, ${DEMO_ACCOUNT.claims.name}`);
}

/** Signed in: from the sample app's account page to the consent page, also where the consent is remembered. */
export async function startConsentAgain(page: Page, app: string): Promise<void> {
  await page.goto(app);
  await follow(page, 'Allow it while I am away');
  await arrive(page, /asks for access/);
}

/** Signed in: opens the page that `prompt=select_account` asks for. */
export async function startSelection(page: Page, { issuer, app, clientId }: Demo): Promise<void> {
  const { url } = authorizationRequest(issuer, {
    client_id: clientId,
    redirect_uri: `${app}/callback`,
    scope: 'openid',
    prompt: 'select_account',
  });
  await page.goto(url.href);
  await arrive(page, 'Choose an account');
}

/** Opens the error page for a redirect URI that is not registered. */
export async function askWithWrongRedirectUri(page: Page, { issuer, app, clientId }: Demo): Promise<void> {
  const request = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `${app}/calback`,
  });
  await page.goto(`${issuer}/authorize?${request.toString()}`);
}
