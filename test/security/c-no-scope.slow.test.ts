import assert from 'node:assert/strict';
import { API, authorizationRequest, authorize, basic, redeem, token, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { ALL, app, LEDGER, ORDERS } from './support/apis.ts';
import { AppRequests, audienceOf, parametersOf } from './support/app-requests.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

type App = typeof WEB;
type Parameters = Record<string, string | undefined>;

describe('C: authorization requests without scope (RFC 6749 §3.3)', () => {
  const stage = useStage(ALL);
  const apps = new AppRequests(stage);

  const missing = [undefined, '', ' ', '   '];
  const plain = { nonce: undefined };

  row('C23', 'no scope, at /authorize and /par, with one API', 'its default scopes', async () => {
    const expected: [App, Parameters, string, unknown][] = [
      [app('orders-app'), {}, 'orders:read orders:write', ORDERS],
      [app('orders-app'), { resource: ORDERS }, 'orders:read orders:write', ORDERS],
      [app('ledger-app'), {}, 'ledger:close', LEDGER],
      [app('two-apis'), { resource: ORDERS }, 'orders:read', ORDERS],
      [WEB, {}, 'messages:read messages:write', API],
    ];
    for (const [client, parameters, scope, audience] of expected) {
      const tokens = await apps.tokens(client, { ...plain, ...parameters, scope: undefined });
      assert.deepEqual([tokens.scope, audienceOf(tokens)], [scope, audience], client.id);
    }
    for (const scope of missing) {
      assert.equal(await apps.atAuthorize(WEB, { ...plain, scope }), '303 /interaction', `"${scope}"`);
      assert.equal(await apps.atPar(WEB, { ...plain, scope }), '201', `"${scope}"`);
    }
    return 'its default scopes';
  });

  row('C23', 'no scope in a pushed request', 'its default scopes', async () => {
    const request = authorizationRequest(stage.issuer, { ...plain, scope: undefined });
    const response = await fetch(`${stage.issuer}/par`, {
      method: 'POST',
      headers: { Authorization: basic(WEB) },
      body: request.url.searchParams,
    });
    const { request_uri: uri = '' } = (await response.json()) as { request_uri?: string };
    request.url.search = new URLSearchParams({ client_id: WEB.id, request_uri: uri }).toString();
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') as string;
    const { body } = await redeem(stage.issuer, code, request);
    assert.deepEqual([body.scope, audienceOf(body)], ['messages:read messages:write', API]);
    return 'its default scopes';
  });

  row('C23', 'no scope: the consent page', 'shows the default scopes', async () => {
    const parameters = { ...plain, scope: undefined, prompt: 'consent' };
    assert.equal(
      await apps.consentPage(app('orders-app'), parameters),
      'Orders: See your orders, Place orders for you',
    );
    return 'shows the default scopes';
  });

  row('C23', 'no scope, with several APIs or none', 'invalid_scope before a sign-in', async () => {
    for (const client of [app('two-apis'), app('no-api'), app('listed-app')]) {
      for (const scope of missing) {
        assert.equal(await apps.atAuthorize(client, { ...plain, scope }), 'R(invalid_scope)', client.id);
        assert.equal(await apps.atPar(client, { ...plain, scope }), '400 invalid_scope', client.id);
      }
    }
    const { url } = authorizationRequest(
      stage.issuer,
      parametersOf(app('no-api'), { ...plain, scope: undefined }),
    );
    const back = new URL((await new UserAgent().get(url)).headers.get('location') as string);
    assert.match(back.searchParams.get('error_description') as string, /^scope is missing/);
    return 'invalid_scope before a sign-in';
  });

  row('C23', 'only a scope that is ignored', 'R(invalid_scope)', () =>
    // OpenID Connect Core §11: offline_access without prompt=consent is ignored, so no scope is left.
    apps.atAuthorize(app('orders-app'), { ...plain, scope: 'offline_access' }),
  );

  row('C23', 'a requested scope', 'as requested', async () => {
    const tokens = await apps.tokens(app('orders-app'), { ...plain, scope: 'orders:refund' });
    assert.equal(tokens.scope, 'orders:refund');
    return 'as requested';
  });

  row('C24', 'spaces before, after and between scopes', 'no error, not echoed', async () => {
    const client = app('orders-app');
    for (const scope of [' openid orders:read', 'openid orders:read ', 'openid  orders:read']) {
      assert.equal(await apps.atPar(client, { scope }), '201');
      const tokens = await apps.tokens(client, { scope });
      assert.equal(tokens.scope, 'openid orders:read');
      assert.ok(tokens.id_token, 'openid was asked for');
      const { body } = await token(
        stage.issuer,
        {
          grant_type: 'refresh_token',
          refresh_token: tokens.refresh_token as string,
          scope: ' openid  orders:read ',
        },
        client,
      );
      assert.deepEqual([body.error, body.scope], [undefined, 'openid orders:read']);
    }
    assert.equal(await apps.atAuthorize(client, { scope: 'openid\torders:read' }), 'R(invalid_scope)');
    return 'no error, not echoed';
  });
});
