import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { type Json, pick } from '../../support/json-app.ts';
import { npm } from '../../support/npm.ts';
import { signInAndConsent } from '../../support/sign-in-page.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'oidc-client-ts',
  title: 'oidc-client-ts (single-page app)',
  about:
    'Sign-in for applications that run in the browser, also below react-oidc-context and angular-oauth wrappers.',
  documentation: 'https://authts.github.io/oidc-client-ts/',
  toolchain: npm('oidc-client-ts'),
  files: [
    { path: 'settings.js', about: 'The settings.' },
    { path: 'index.html', about: 'The application: sign-in, refresh, and sign-out with revocation.' },
    { path: 'callback.html', about: 'The page of the redirect URI.' },
    { path: 'server.mjs', about: 'A web server for the files.', hidden: true },
  ],
  apis: [ORDERS_API],
  addOptions: ['--scope', 'openid profile email offline_access orders:read'],
  problems: [
    {
      says: '`blocked by CORS policy` in the console',
      cause: 'The origin of the page is not that of a redirect URI of the client.',
      fix: 'Register the redirect URI that the page uses, or list the origin in `allowed_origins` of the client.',
    },
    {
      says: '`IFrame timed out without a response`, from `signinSilent` without a refresh token',
      cause: 'Browsers do not send the cookies of Signet in a frame of another site.',
      fix: 'Request `offline_access`, so that `signinSilent` uses the refresh token.',
    },
  ],
  async run(stage) {
    await stage.step('starts', () => stage.start('node', ['server.mjs']));
    const page = await (await (await stage.browser()).newContext()).newPage();
    page.setDefaultTimeout(20_000);
    const { sub } = stage;
    const { name, email } = MARIA;
    await stage.step('signs a person in, with userinfo', async () => {
      await page.goto(stage.appUrl);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await signInAndConsent(page);
      const { profile } = await shownUser(page);
      assert.deepEqual(pick(profile, ['sub', 'name', 'email']), { sub, name, email });
    });
    await stage.step('refreshes', async () => {
      const before = await shownUser(page);
      await page.getByRole('button', { name: 'Refresh' }).click();
      const after = await shownUser(page, before);
      assert.equal((after.profile as Json).sub, sub);
    });
    await stage.step('revokes the tokens and signs the person out', async () => {
      await page.getByRole('button', { name: 'Sign out' }).click();
      const result = page.locator('#result', { hasText: /^(?:null|.*Error: .*)$/ });
      assert.deepEqual([await result.textContent(), page.url()], ['null', `${stage.appUrl}/`]);
    });
  },
};

/** The user that the page shows, once it is another one. @throws AssertionError with the error that it shows instead */
async function shownUser(page: Page, before: Json = {}): Promise<Json> {
  // An empty text is in every text.
  const token = JSON.stringify(before.access_token ?? 'none');
  const result = page.locator('#result', { hasText: /Error|access_token/ });
  const text = await result.filter({ hasNotText: token }).textContent();
  if (text?.startsWith('{') !== true) assert.fail(text ?? '');
  return JSON.parse(text) as Json;
}
