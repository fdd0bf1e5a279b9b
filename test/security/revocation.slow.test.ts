import assert from 'node:assert/strict';
import { DEMO_ACCOUNT } from '../../src/config/demo.ts';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, authorize, redeem, signIn, token } from '../support/flow.ts';
import { type Operator, operate } from '../support/noun-access.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';

const APP = {
  client_id: 'app',
  redirect_uris: ['http://localhost:3002/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'openid profile email offline_access messages:read',
};
const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

describe('revocation is final', () => {
  let server: TestServer;
  let operator: Operator;
  let alice: string;
  beforeEach(async () => {
    server = await startTestServer();
    operator = await operate(server);
    alice = (await operator.accounts.findByUsername('alice'))?.id as string;
  });
  afterEach(async () => {
    await operator.close();
    await server.stop();
  });

  /** Posts the right password, and returns the redirect that would finish the sign-in. */
  async function parkedSignIn(agent: UserAgent): Promise<URL> {
    const { response, url } = await agent.follow(authorizationRequest(server.issuer).url);
    const form = formOf(await response.text());
    const { username: login, password } = DEMO_ACCOUNT;
    const answer = await agent.post(new URL(form.action, url), { ...form.fields, login, password });
    assert.equal(answer.status, 303);
    return new URL(answer.headers.get('location') as string, url);
  }

  it('an unfinished sign-in does not survive a password change, nor disabling and enabling the account', async () => {
    for (const change of [
      () => operator.accounts.setPassword(alice, 'another-good-password'),
      async () => {
        await operator.accounts.setPassword(alice, DEMO_ACCOUNT.password);
        await operator.accounts.disable(alice);
        await operator.accounts.enable(alice);
      },
    ]) {
      const agent = new UserAgent();
      const parked = await parkedSignIn(agent);
      await change();
      const { response, url } = await agent.follow(parked);
      assert.equal(url.searchParams.get('code'), null);
      assert.match(await response.text(), /id="password"/, 'it is asked for again');
      const silent = await agent.follow(authorizationRequest(server.issuer, { prompt: 'none' }).url);
      assert.equal(silent.url.searchParams.get('error'), 'login_required');
      await operator.accounts.setPassword(alice, DEMO_ACCOUNT.password);
    }
  });

  it('a session in constant use does not survive a password change or a sign-out', async () => {
    for (const end of ['password', 'sign-out'] as const) {
      const { agent } = await signIn(server.issuer);
      let ended = false;
      const busy = Array.from({ length: 8 }, async () => {
        while (!ended) {
          const request = authorizationRequest(server.issuer, { prompt: 'none' });
          await agent.get(request.url).then((response) => response.body?.cancel());
        }
      });
      if (end === 'password') await operator.accounts.setPassword(alice, DEMO_ACCOUNT.password);
      else {
        const other = agent.clone();
        const page = await other.follow(`${server.issuer}/logout`);
        await other.submit({ url: page.url, html: await page.response.text() }, { logout: 'yes' });
      }
      ended = true;
      await Promise.all(busy);
      const { url } = await agent.follow(authorizationRequest(server.issuer, { prompt: 'none' }).url);
      assert.equal(url.searchParams.get('error'), 'login_required', end);
    }
  });

  it('a new client with the id of a removed one inherits no token, no consent and no request', async () => {
    await withClock(async (clock) => {
      const { secret: first } = await operator.clients.add(APP);
      const old = { id: 'app', secret: first as string, redirectUri: APP.redirect_uris[0] as string };
      const { tokens } = await signIn(server.issuer, { client: old, parameters: OFFLINE });
      const waiting = new UserAgent();
      await parkedConsent(waiting);
      await operator.clients.remove('app');
      const evil = 'http://localhost:3009/evil';
      const { secret } = await operator.clients.add({ ...APP, redirect_uris: [evil] });
      clock.advance(2);
      const next = { id: 'app', secret: secret as string, redirectUri: evil };
      const refresh = await token(
        server.issuer,
        { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string },
        next,
      );
      assert.equal(refresh.body.error, 'invalid_grant');
      const agent = new UserAgent();
      const request = authorizationRequest(server.issuer, {
        client_id: 'app',
        redirect_uri: evil,
        scope: 'openid',
      });
      const login = await agent.follow(request.url);
      const { response } = await agent.submit(
        { url: login.url, html: await login.response.text() },
        { login: DEMO_ACCOUNT.username, password: DEMO_ACCOUNT.password },
      );
      assert.match(await response.text(), /asks for your sign-in/, 'consent is asked for');
    });

    async function parkedConsent(agent: UserAgent): Promise<void> {
      const request = authorizationRequest(server.issuer, {
        client_id: 'app',
        scope: 'openid email',
        prompt: 'consent',
      });
      await agent.follow(request.url);
    }
  });

  it('a refresh with a wrong resource does not consume the token', async () => {
    const { tokens } = await signIn(server.issuer, {
      parameters: { scope: 'openid offline_access messages:read', prompt: 'consent' },
    });
    const refresh = (more: Record<string, string>) =>
      token(server.issuer, {
        grant_type: 'refresh_token',
        refresh_token: tokens.refresh_token as string,
        ...more,
      });
    assert.equal((await refresh({ resource: 'https://other.example' })).body.error, 'invalid_target');
    assert.equal((await refresh({})).response.status, 200);
  });

  it('two concurrent authorizations in one browser both get valid codes', async () => {
    const { secret } = await operator.clients.add({ ...APP, first_party: true });
    const other = { id: 'app', secret: secret as string, redirectUri: APP.redirect_uris[0] as string };
    const { agent } = await signIn(server.issuer);
    for (let round = 0; round < 5; round += 1) {
      const requests = [undefined, other].map((client) => ({
        client,
        request: authorizationRequest(server.issuer, {
          scope: 'openid',
          ...(client && { client_id: client.id }),
        }),
      }));
      const redeemed = await Promise.all(
        requests.map(async ({ client, request }) => {
          const callback = await authorize(agent, request);
          return await redeem(server.issuer, callback.searchParams.get('code') as string, request, client);
        }),
      );
      assert.deepEqual(
        redeemed.map(({ response }) => response.status),
        [200, 200],
        `round ${round}`,
      );
    }
  });
});
