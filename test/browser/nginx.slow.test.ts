import assert from 'node:assert/strict';
import type { Browser, Cookie } from 'playwright-core';
import { launchChromiumOrSkip } from '../support/chromium.ts';
import { needNginx } from '../support/nginx.ts';
import { needRedis } from '../support/redis-server.ts';
import { type Deployment, startDeployment } from './behind-nginx.ts';
import { collectComplaints } from './complaints.ts';
import { arrive, arriveSignedIn, enter, press, startSignIn } from './steps.ts';

describe('in a browser, through nginx with TLS in front of two nodes:', function () {
  this.timeout(60_000);
  let browser: Browser | undefined;
  let deployment: Deployment | undefined;

  before(async function () {
    await needNginx(this);
    await needRedis(this);
    browser = await launchChromiumOrSkip(this);
    deployment = await startDeployment();
  });
  after(async () => {
    await browser?.close();
    await deployment?.stop();
  });

  it('a sign-in continues at the other node when the node of its first page is killed', async () => {
    assert.ok(browser !== undefined && deployment !== undefined);
    const { app, issuer } = deployment;
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(8000);
    const page = await context.newPage();
    const complaints = collectComplaints(context);
    const seen = new Map<string, Cookie>();
    const look = async (): Promise<void> => {
      for (const cookie of await context.cookies()) seen.set(cookie.name, cookie);
    };

    await startSignIn(page, app);
    assert.equal(new URL(page.url()).origin, issuer);
    await look();
    const first = await deployment.lastAnswer('/interaction');
    await deployment.killNode(first);

    await enter(page);
    await arrive(page, 'Sample App asks for access to your account');
    await look();
    await press(page, 'Allow');
    await arriveSignedIn(page);
    await look();
    assert.equal(new URL(page.url()).origin, app);
    assert.match(await page.getByRole('table').first().innerText(), new RegExp(`iss\\s+${issuer}`));
    assert.notEqual(await deployment.lastAnswer('/token'), first);

    assert.ok(seen.has('__Host-signet_session'), [...seen.keys()].join());
    for (const { name, secure, httpOnly } of seen.values()) {
      assert.match(name, /^__(Host|Secure)-/);
      assert.deepEqual({ name, secure, httpOnly }, { name, secure: true, httpOnly: true });
    }
    assert.deepEqual(complaints, []);
  });
});
