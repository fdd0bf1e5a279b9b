import assert from 'node:assert/strict';
import type { Cookie, Page } from 'playwright-core';
import { itLong } from '../support/long-form.ts';
import { setStage } from './stage.ts';
import { arrive, arriveSignedIn, enter, follow, press, signInToApp, startSignIn } from './steps.ts';

describe('in a browser: signing in through the sample app', function () {
  this.timeout(60_000);
  const stage = setStage();

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with' : 'without';
    // Without scripts, stories go the same way in the short form.
    (javaScriptEnabled ? it : itLong)(`works ${how} JavaScript, and no policy blocks anything`, async () => {
      const { app, issuer } = stage.demo;
      const { page, complaints } = await stage.visit({ javaScriptEnabled });
      await signInToApp(page, app);
      assert.equal(await claim(page, 'iss'), issuer);
      assert.equal(await claim(page, 'aud'), stage.demo.clientId);
      assert.equal(await claim(page, 'email'), 'alice@example.com');

      await page.getByLabel('New message').fill('Down the rabbit hole');
      await press(page, 'Write');
      await page.getByText('201 Created').waitFor();
      await press(page, 'Read messages');
      await page.getByText('200 OK').waitFor();
      assert.match(await page.getByRole('status').innerText(), /Down the rabbit hole/);

      const refreshes = await stage.demo.tokensIssued('refresh_token');
      await press(page, 'Refresh');
      await page.waitForURL(`${app}/#tokens`);
      assert.equal(await stage.demo.tokensIssued('refresh_token'), refreshes + 1);

      await press(page, 'Sign out');
      await arrive(page, /Your messages/);
      assert.equal(new URL(page.url()).origin, app);
      await follow(page, 'Sign in');
      await arrive(page, 'Sign in');
      assert.equal(
        await page.getByLabel('Password', { exact: true }).count(),
        1,
        'the session at the issuer continues',
      );
      assert.deepEqual(complaints, []);
    });
  }

  it('sets cookies with HttpOnly and SameSite=Lax only, and needs no page when the app starts a second sign-in', async () => {
    const { app, issuer } = stage.demo;
    const { context, page } = await stage.visit();
    const seen = new Map<string, Cookie>();
    const look = async (): Promise<void> => {
      for (const cookie of await context.cookies()) seen.set(cookie.name, cookie);
      assert.equal(await page.evaluate('document.cookie'), '');
    };
    await startSignIn(page, app);
    await look();
    await enter(page);
    await arrive(page, /asks for access/);
    await look();
    await press(page, 'Allow');
    await arriveSignedIn(page);
    await look();
    assert.deepEqual([...seen.keys()].toSorted(), [
      'sample_app_browser',
      'sample_app_session',
      'signet_device',
      'signet_interaction',
      'signet_request',
      'signet_resume',
      'signet_session',
      'signet_way_back',
    ]);
    for (const { name, httpOnly, sameSite } of seen.values()) {
      assert.deepEqual({ name, httpOnly, sameSite }, { name, httpOnly: true, sameSite: 'Lax' });
    }
    assert.match(seen.get('signet_interaction')?.path ?? '', /^\/interaction\/[\w-]{43}$/);
    assert.match(seen.get('signet_way_back')?.path ?? '', /^\/interaction\/[\w-]{43}$/);
    assert.match(seen.get('signet_resume')?.path ?? '', /^\/authorize\/[\w-]{43}$/);
    assert.equal(new URL(issuer).hostname, seen.get('signet_session')?.domain);

    await context.clearCookies({ name: 'sample_app_session' });
    await page.goto(app);
    await follow(page, 'Sign in');
    await arriveSignedIn(page);
  });

  it('refuses to be framed and runs no injected script', async () => {
    const { issuer, app } = stage.demo;
    const { page } = await stage.visit();
    await startSignIn(page, app);
    await assert.rejects(
      () => page.addScriptTag({ content: 'document.title = "run"' }),
      /Content Security Policy/,
    );
    // A document without a policy of its own, from the one origin that a laxer policy might let in.
    await page.goto(`${issuer}/jwks`);
    const refusal = page.waitForEvent('console', (message) => message.text().startsWith('Framing'));
    await page.setContent(`<iframe src="${issuer}/"></iframe>`);
    assert.match((await refusal).text(), /"frame-ancestors 'none'"/);
  });
});

/** A value in the table of the ID token's claims. */
async function claim(page: Page, name: string): Promise<string> {
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
  return await row.getByRole('cell').first().innerText();
}
