import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type InteropClient, ORDERS_API } from '../../client.ts';
import { type Json, pick } from '../../support/json-app.ts';
import { npm } from '../../support/npm.ts';
import { signInAndConsent } from '../../support/sign-in-page.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'keycloak-js',
  title: 'keycloak-js (single-page app)',
  about: 'The JavaScript adapter of Keycloak, which also works with other OpenID Connect servers.',
  documentation: 'https://www.keycloak.org/securing-apps/javascript-adapter',
  toolchain: npm('keycloak-js'),
  files: [
    {
      path: 'app.js',
      about:
        'The settings, sign-in and sign-out. After the token has expired, `login` gets another one from the session at Signet.',
    },
    { path: 'index.html', about: 'The page.' },
    { path: 'server.mjs', about: 'A web server for the files.', hidden: true },
  ],
  apis: [ORDERS_API],
  addOptions: ['--scope', 'openid profile email orders:read'],
  problems: [
    {
      says: '`Unable to decode token, payload not found.`',
      cause:
        'keycloak-js reads access tokens and refresh tokens as JWTs. The access tokens of Signet are JWTs when they are for an API; its refresh tokens never are.',
      fix: 'Request a scope of an API, and register the client without the `refresh_token` grant. Applications that need refresh tokens in the browser can use [oidc-client-ts](oidc-client-ts.md).',
    },
    {
      says: '`response_mode is not registered for this client`',
      cause:
        'keycloak-js asks for the answer in the fragment, and `response_modes` of the client lists other modes only.',
      fix: 'Leave `response_modes` out for a public client, or add `fragment`.',
    },
    {
      says: '`blocked by CORS policy` in the console',
      cause: 'The origin of the page is not that of a redirect URI of the client.',
      fix: 'Register the redirect URI that the page uses, or list the origin in `allowed_origins` of the client.',
    },
    {
      says: 'A person who is signed in at Signet has to click *Sign in* after each reload.',
      cause:
        'Browsers do not send the cookies of Signet in a frame of another site, so that `check-sso` cannot see the session.',
      fix: "Use `onLoad: 'login-required'`, or keep the tokens in the application.",
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
      await page.locator('#result', { hasText: 'null' }).waitFor();
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await signInAndConsent(page);
      const { user } = await shown(page);
      assert.deepEqual(pick(user, ['sub', 'name', 'email']), { sub, name, email });
    });
    await stage.step('calls an API with the access token', async () => {
      const { token } = await shown(page);
      const response = await fetch(await stage.ordersApi(), {
        headers: { Authorization: `Bearer ${String(token)}` },
      });
      assert.deepEqual(await response.json(), { sub, scope: 'openid profile email orders:read' });
    });
    await stage.step('gets another token from the session at Signet, without a question', async () => {
      const { token } = await shown(page);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      const { user } = await shown(page, String(token));
      assert.equal((user as Json).sub, sub);
    });
    await stage.step('signs the person out', async () => {
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.locator('#result', { hasText: 'null' }).waitFor();
      assert.equal(page.url(), `${stage.appUrl}/`);
    });
  },
};

/** What the page shows once a person is signed in. @param before a token that has to be another one now */
async function shown(page: Page, before = 'none'): Promise<Json> {
  const result = page.locator('#result', { hasText: '"token"' }).filter({ hasNotText: before });
  return JSON.parse((await result.textContent()) ?? '') as Json;
}
