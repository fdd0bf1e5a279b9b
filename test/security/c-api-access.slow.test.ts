import assert from 'node:assert/strict';
import { API, authorizationRequest, authorize, redeem, token, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { authorizationAnswer } from './support/answer.ts';
import { ALL, app, LEDGER, ORDERS, PLAIN, setScope } from './support/apis.ts';
import { AppRequests, audienceOf, parametersOf } from './support/app-requests.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

type App = typeof WEB;

describe('C: APIs of tokens that a user authorizes', () => {
  const stage = useStage(ALL);
  const apps = new AppRequests(stage);

  row('C21', 'the resource of another client, at /authorize and /par', 'invalid_target', async () => {
    const audiences: [App, string][] = [
      [WEB, API],
      [app('orders-app'), ORDERS],
      [app('ledger-app'), LEDGER],
      [app('listed-app'), PLAIN],
      [app('own-app'), ORDERS],
      [app('no-api'), ''],
    ];
    for (const [client, own] of audiences) {
      for (const resource of [API, ORDERS, LEDGER, PLAIN]) {
        const parameters = { scope: 'openid', resource };
        const seen = [await apps.atAuthorize(client, parameters), await apps.atPar(client, parameters)];
        const expected =
          resource === own ? ['303 /interaction', '201'] : ['R(invalid_target)', '400 invalid_target'];
        assert.deepEqual(seen, expected, `${client.id} ${resource}`);
      }
    }
    return 'invalid_target';
  });

  row('C21', 'one of several resources', 'R(invalid_target)', () =>
    authorizationAnswer(stage, { scope: 'openid messages:read', resource: [API, ORDERS] }),
  );

  row('C21', 'an API without scopes that lists the client', 'a token for it', async () => {
    const tokens = await apps.tokens(app('listed-app'), { scope: 'openid', resource: PLAIN });
    assert.equal(audienceOf(tokens), PLAIN);
    const refreshed = await token(
      stage.issuer,
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string },
      app('listed-app'),
    );
    assert.equal(audienceOf(refreshed.body), PLAIN);
    return 'a token for it';
  });

  row('C21', 'scopes that the client loses during a sign-in', 'R(invalid_target)', async () => {
    const client = app('two-apis');
    const agent = new UserAgent();
    const parameters = parametersOf(client, { scope: 'openid', resource: ORDERS });
    const { url } = await agent.follow(authorizationRequest(stage.issuer, parameters).url);
    await setScope(stage, client.id, 'openid messages:read');
    // The form is bound to the scopes that its page showed.
    const html = await (await agent.get(url)).text();
    const person = { login: 'alice', password: 'wonderland-tea-party' };
    const { url: back } = await agent.submit({ url, html }, person);
    await setScope(stage, client.id, 'openid messages:read orders:read');
    return `R(${back.searchParams.get('error')})`;
  });

  row('C21', 'scopes that the client loses before it redeems the code', '400 invalid_target', async () => {
    const client = app('two-apis');
    const parameters = parametersOf(client, { scope: 'openid orders:read', resource: ORDERS });
    const request = authorizationRequest(stage.issuer, parameters);
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') as string;
    await setScope(stage, client.id, 'openid messages:read');
    const { response, body } = await redeem(stage.issuer, code, request, client);
    await setScope(stage, client.id, 'openid messages:read orders:read');
    return `${response.status} ${body.error}`;
  });

  for (const resource of [undefined, ORDERS]) {
    const how = resource === undefined ? 'the stored resource' : 'a resource';
    row(
      'C21',
      `scopes that the client loses before a refresh with ${how}`,
      'invalid_target, and not used up',
      async () => {
        const client = app('orders-app');
        const scope = 'openid offline_access orders:read';
        const tokens = await apps.tokens(client, { scope, prompt: 'consent', resource: ORDERS });
        const fields = {
          grant_type: 'refresh_token',
          refresh_token: tokens.refresh_token as string,
          ...(resource !== undefined && { resource }),
        };
        await setScope(stage, client.id, 'openid offline_access');
        const { body: refused } = await token(stage.issuer, fields, client);
        await setScope(stage, client.id, 'openid offline_access orders:read orders:write orders:refund');
        const { body } = await token(stage.issuer, fields, client);
        assert.equal(audienceOf(body), ORDERS);
        return `${refused.error}, and not used up`;
      },
    );
  }

  row(
    'C21',
    'a refresh with a scope that the client has lost',
    'invalid_scope, and not used up',
    async () => {
      const client = app('orders-app');
      const scope = 'openid offline_access orders:read orders:write';
      const tokens = await apps.tokens(client, { scope, prompt: 'consent', resource: ORDERS });
      const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
      await setScope(stage, client.id, 'openid offline_access orders:read');
      const { body: refused } = await token(stage.issuer, { ...fields, scope: 'orders:write' }, client);
      const { body } = await token(stage.issuer, fields, client);
      await setScope(stage, client.id, 'openid offline_access orders:read orders:write orders:refund');
      assert.equal(body.scope, 'orders:read');
      return `${refused.error}, and not used up`;
    },
  );

  row('C21', 'a refresh that names neither of two resources', 'invalid_target, and not used up', async () => {
    const client = app('two-apis');
    const request = authorizationRequest(
      stage.issuer,
      parametersOf(client, { scope: 'openid messages:read orders:read', resource: API }),
    );
    request.url.searchParams.append('resource', ORDERS);
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') as string;
    const redeemed = await token(
      stage.issuer,
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: client.redirectUri,
        code_verifier: request.verifier,
        resource: API,
      },
      client,
    );
    const fields = { grant_type: 'refresh_token', refresh_token: redeemed.body.refresh_token as string };
    const { body: refused } = await token(stage.issuer, fields, client);
    const { body } = await token(stage.issuer, { ...fields, resource: ORDERS }, client);
    assert.equal(audienceOf(body), ORDERS);
    return `${refused.error}, and not used up`;
  });

  row('C22', 'the consent page for openid with a resource', 'names the API', async () => {
    assert.equal(
      await apps.consentPage(app('ledger-app'), { scope: 'openid', resource: LEDGER }),
      'Ledger: Use it in your name',
    );
    assert.equal(
      await apps.consentPage(app('listed-app'), { scope: 'openid', resource: PLAIN, prompt: 'consent' }),
      'Plain: Use it in your name',
    );
    assert.equal(
      await apps.consentPage(app('ledger-app'), { scope: 'openid ledger:read', resource: LEDGER }),
      'Ledger: See your bookings',
    );
    assert.equal(await apps.consentPage(app('ledger-app'), { scope: 'openid' }), '');
    assert.equal(
      await apps.consentPage(app('own-app'), { scope: 'openid', resource: ORDERS, prompt: 'consent' }),
      'Orders: Use it in your name',
    );
    return 'names the API';
  });

  row('C22', 'remembered consent for openid, then a request with a resource', 'asked, once', async () => {
    const client = app('asks-later');
    const agent = new UserAgent();
    await apps.tokens(client, { scope: 'openid' }, agent);
    const withApi = { scope: 'openid', resource: ORDERS };
    for (const browser of [agent, new UserAgent()]) {
      assert.equal(await apps.consentPage(client, withApi, browser), 'Orders: Use it in your name');
      assert.equal(
        await authorizationAnswer(stage, parametersOf(client, { ...withApi, prompt: 'none' }), browser),
        'R(consent_required)',
      );
    }
    assert.equal(audienceOf(await apps.tokens(client, withApi, agent)), ORDERS);
    assert.equal(await apps.consentPage(client, withApi, agent), '', 'in the session');
    assert.equal(await apps.consentPage(client, withApi), '', 'and after it');
    assert.equal(
      await apps.consentPage(client, { scope: 'openid', resource: API }, agent),
      'Sample API: Use it in your name',
      'another API is another question',
    );
    return 'asked, once';
  });

  row('C22', 'a first-party client with a resource', 'not asked', async () => {
    const tokens = await apps.tokens(app('own-app'), { scope: 'openid', resource: ORDERS });
    assert.equal(audienceOf(tokens), ORDERS);
    return 'not asked';
  });
});
