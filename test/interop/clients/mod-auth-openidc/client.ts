import assert from 'node:assert/strict';
import type { InteropClient } from '../../client.ts';
import { apache, startApache } from '../../support/apache.ts';
import { signIn, signInAndConsent } from '../../support/sign-in-page.ts';
import { MARIA } from '../../support/signet.ts';

export const client: InteropClient = {
  name: 'mod-auth-openidc',
  title: 'mod_auth_openidc (Apache)',
  about:
    'A module of the Apache HTTP server that signs people in before it answers: `apt-get install libapache2-mod-auth-openidc`, then `a2enmod auth_openidc`.',
  documentation: 'https://github.com/OpenIDC/mod_auth_openidc#how-to-use-it',
  toolchain: apache('auth_openidc'),
  files: [
    {
      path: 'signet.conf',
      about:
        'Part of a virtual host. The application behind it gets `REMOTE_USER` and the claims as `OIDC_CLAIM_…` variables and headers. `OIDCRemoteUserClaim sub` gives `REMOTE_USER` a value that never changes. The link to sign out is `/secure/redirect_uri?logout=https://app.example.com/signed-out.html`.',
    },
    { path: 'httpd.conf', about: 'A server for the test.', hidden: true },
    { path: 'htdocs/secure/index.html', about: 'Shows the variables.', hidden: true },
    { path: 'htdocs/secure/admin/index.html', about: 'For a group.', hidden: true },
    { path: 'htdocs/signed-out.html', about: 'After the sign-out.', hidden: true },
  ],
  addOptions: ['--scope', 'openid profile email groups'],
  problems: [
    {
      says: '`401 Unauthorized` instead of the sign-in page',
      cause:
        'The module does not redirect requests of scripts: those with `Sec-Fetch-Mode` other than `navigate` or with `X-Requested-With`.',
      fix: 'Reload the page when a script gets a `401`, or set `OIDCUnAuthAction`.',
    },
    {
      says: '`400 Bad Request` at the redirect URI, and `no … state cookie found` in the log',
      cause:
        'The cookie of the request is missing: the page was opened under another name than that of `OIDCRedirectURI`, or over http.',
      fix: 'Open it as `OIDCRedirectURI` has it. Behind a proxy that terminates TLS set `OIDCXForwardedHeaders X-Forwarded-Host X-Forwarded-Proto`.',
    },
    {
      says: '`401 Unauthorized` from Apache after a successful sign-in',
      cause:
        'A `Require claim` is not satisfied: the scope that brings the claim is missing in `OIDCScope` or at the client.',
      fix: 'Add the scope at both. `OIDCScope` is `openid` by default.',
    },
    {
      says: '`curl_easy_perform() failed on` in the log',
      cause: 'Apache does not reach Signet, or does not trust its certificate.',
      fix: 'Set `OIDCCABundlePath` for a certificate of your own authority.',
    },
  ],
  async run(stage) {
    const secure = `${stage.appUrl}/secure/`;
    const signedOut = `${stage.appUrl}/signed-out.html`;
    const shown = [MARIA.username, MARIA.name, MARIA.email, stage.sub].join(', ');
    await stage.step('starts', () => startApache(stage));
    await stage.step('answers 401 to a script', async () => {
      assert.equal((await fetch(secure)).status, 401);
    });
    await stage.step('refuses an answer without its cookie', async () => {
      assert.equal((await fetch(`${secure}redirect_uri?code=x&state=y`)).status, 400);
      await stage.logs(/no "\w+" state cookie found/);
    });
    const page = await (await stage.browser()).newPage();
    const text = async (): Promise<string> => (await page.locator('body').innerText()).trim();
    await stage.step('signs a person in, and passes the claims on', async () => {
      await page.goto(secure);
      await signInAndConsent(page);
      await page.waitForURL(secure);
      assert.equal(await text(), shown);
    });
    await stage.step('reads groups', async () => {
      await page.goto(`${secure}admin/`);
      assert.equal(await text(), 'admin');
    });
    await stage.step('signs the person out at Signet too', async () => {
      await page.goto(`${secure}redirect_uri?logout=${encodeURIComponent(signedOut)}`);
      await page.waitForURL((url) => url.href.startsWith(signedOut));
      assert.equal(await text(), 'signed out');
      await page.goto(secure);
      await signIn(page);
      await page.waitForURL(secure);
      assert.equal(await text(), shown);
    });
  },
};
