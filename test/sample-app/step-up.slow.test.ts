import assert from 'node:assert/strict';
import { Stage } from './stage.ts';

const MFA = 'https://refeds.org/profile/mfa';

describe('the sample app: step-up (RFC 9470)', () => {
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());

  it('signs the person in again with what the API asks for, and writes the message then', async () => {
    const { issuer } = stage;
    const browser = await stage.signedIn();
    const before = browser.cookie('sample_app_session')?.value;
    const response = await stage.submit(browser, '/call-api', { text: 'fire', urgent: 'yes' });
    assert.equal(response.status, 303);
    const url = new URL(response.headers.get('location') ?? '');
    assert.equal(url.origin, issuer.url);
    assert.equal(url.searchParams.get('acr_values'), `${MFA} phr`);
    assert.equal(url.searchParams.get('max_age'), null);
    issuer.accessTokenClaims = { acr: MFA };
    const authorized = await fetch(url, { redirect: 'manual' });
    const callback = new URL(authorized.headers.get('location') ?? '');
    const back = await browser.get(callback);
    assert.equal(back.headers.get('location'), '/#api');
    assert.notEqual(browser.cookie('sample_app_session')?.value, before);
    const page = await stage.page(browser);
    assert.match(page, /POST http:[^<]*\/messages\/urgent<\/code> <span class="pill good">201 Created/);
    assert.match(page, /&quot;text&quot;: &quot;fire&quot;/);
    // The answer of the issuer is used up, so that the message is written once.
    assert.equal((await browser.get(callback)).status, 400);
  });

  it('asks once, and says what to do, when the sign-in has not changed', async () => {
    const { issuer } = stage;
    issuer.accessTokenClaims = { acr: 'urn:example:password' };
    const browser = await stage.signedIn();
    const response = await stage.submit(browser, '/call-api', { text: 'fire', urgent: 'yes' });
    const authorized = await fetch(response.headers.get('location') ?? '', { redirect: 'manual' });
    await browser.get(authorized.headers.get('location') ?? '');
    const page = await stage.page(browser);
    assert.match(page, /401 Unauthorized/);
    assert.match(page, /Add a passkey or an authenticator app to your account/);
  });
});
