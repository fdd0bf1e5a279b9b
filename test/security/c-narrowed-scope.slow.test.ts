import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import {
  authorizationRequest,
  authorize,
  basic,
  redeem,
  token,
  type TokenResponse,
} from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { ALL, app, ORDERS, setScope } from './support/apis.ts';
import { AppRequests, audienceOf, parametersOf } from './support/app-requests.ts';
import { NAMED } from './support/named-apis.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

type App = ReturnType<typeof app>;
type Parameters = Record<string, string | undefined>;

/** What an application sends that requests all that discovery lists, and more. */
const EVERYTHING =
  'openid profile email address phone groups offline_access nonsense OPENID __proto__ constructor';

describe('C: scopes that a client may not have (OpenID Connect Core §3.1.2.1)', () => {
  const stage = useStage(NAMED);
  const apps = new AppRequests(stage);

  const errorOf = async (client: App, parameters: Parameters) => {
    const { url } = authorizationRequest(stage.issuer, parametersOf(client, parameters));
    const back = new URL((await new UserAgent().get(url)).headers.get('location') as string);
    const pushed = await fetch(`${stage.issuer}/par`, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: url.searchParams,
    });
    const body = (await pushed.json()) as Record<string, string>;
    const named = (get: (name: string) => string | null | undefined) => {
      const isKnown = /^(?:openid|email|address|messages:read|orders:refund)$/.test(get('scope') ?? '');
      const expected = `scope ${isKnown ? `${get('scope')} ` : ''}is not allowed for this client`;
      assert.equal(get('error_description'), expected);
      return `${get('error')} ${get('scope')}`;
    };
    const answers = [named((name) => back.searchParams.get(name)), named((name) => body[name])];
    assert.equal(answers[0], answers[1], '/authorize and /par');
    return answers[0];
  };

  const refresh = async (client: App, tokens: TokenResponse, scope?: string) =>
    (
      await token(
        stage.issuer,
        {
          grant_type: 'refresh_token',
          refresh_token: tokens.refresh_token as string,
          ...(scope !== undefined && { scope }),
        },
        client,
      )
    ).body;

  row('C34', 'every scope, with openid', 'what the client has', async () => {
    const client = app('no-api');
    const parameters = { scope: EVERYTHING, prompt: 'consent' };
    assert.equal(await apps.atAuthorize(client, parameters), '303 /interaction');
    assert.equal(await apps.atPar(client, parameters), '201');
    const tokens = await apps.tokens(client, parameters);
    assert.equal(tokens.scope, 'openid profile');
    const posted = await new UserAgent().post(
      `${stage.issuer}/authorize`,
      authorizationRequest(stage.issuer, parametersOf(client, parameters)).url.searchParams,
    );
    assert.match(posted.headers.get('location') as string, /^\/authorize\?/);
    const userinfo = await fetch(`${stage.issuer}/userinfo`, {
      headers: { Authorization: `Bearer ${tokens.access_token}` },
    });
    const claims = Object.keys((await userinfo.json()) as object);
    assert.ok(claims.includes('name') && !claims.includes('email'), claims.join());
    return 'what the client has';
  });

  row('C34', 'every scope, in a pushed request', 'what the client has', async () => {
    const client = app('no-api');
    const request = authorizationRequest(stage.issuer, parametersOf(client, { scope: EVERYTHING }));
    const pushed = await fetch(`${stage.issuer}/par`, {
      method: 'POST',
      headers: { Authorization: basic(client) },
      body: request.url.searchParams,
    });
    const { request_uri: uri = '' } = (await pushed.json()) as { request_uri?: string };
    // Between the two requests the client loses one of the scopes that were left.
    await setScope(stage, client.id, 'openid');
    request.url.search = new URLSearchParams({ client_id: client.id, request_uri: uri }).toString();
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') as string;
    const { body } = await redeem(stage.issuer, code, request, client);
    await setScope(stage, client.id, 'openid profile');
    assert.equal(body.scope, 'openid');
    return 'what the client has';
  });

  row('C34', 'the consent page, and what is remembered', 'what the client has', async () => {
    const client = app('mailing-app');
    const request = authorizationRequest(stage.issuer, parametersOf(client, { scope: EVERYTHING }));
    const agent = new UserAgent();
    const start = await agent.follow(request.url);
    const html = await start.response.text();
    const alice = { login: 'alice', password: 'wonderland-tea-party' };
    const asked = await agent.submit({ url: start.url, html }, alice);
    const page = await asked.response.text();
    assert.match(page, /e-?mail/i);
    assert.doesNotMatch(page, /phone|postal|nonsense|groups/i);
    await agent.submit({ url: asked.url, html: page }, {});
    const [consent] = await consentsOf(client.id);
    assert.deepEqual(consent, ['openid', 'email']);
    return 'what the client has';
  });

  const consentsOf = async (clientId: string) => {
    const account = await stage.operator.accounts.findByUsername('alice');
    const { consents } = await stage.operator.consents.list(account!.id, { limit: 100 });
    return consents.filter((each) => each.clientId === clientId).map(({ openid }) => openid);
  };

  row('C34', 'every scope, in the log', 'those that are left out', async () => {
    assert.equal(
      await apps.atAuthorize(app('no-api'), { scope: 'openid address nonsense' }),
      '303 /interaction',
    );
    const line = /"route":"authorization","status":303,"ms":[\d.]+,"narrowedScope":"address nonsense"/;
    await eventually('the log has them', async () => line.test(stage.logged));
    return 'those that are left out';
  });

  row('C34', 'a token among the scopes, in the log', 'redacted', async () => {
    const client = app('no-api');
    const tokens = await apps.tokens(client, { scope: 'openid' });
    const { id_token: value = '' } = await refresh(client, tokens, `openid nonsense-1 ${tokens.id_token}`);
    await apps.atAuthorize(client, { scope: `openid nonsense-2 ${value}` });
    for (const name of ['nonsense-1', 'nonsense-2']) {
      const line = `"narrowedScope":"${name} [redacted]"`;
      await eventually('the log has it', async () => stage.logged.includes(line));
    }
    return 'redacted';
  });

  row('C34', 'every scope and an API', 'a token for the API', async () => {
    const client = app('orders-app');
    const tokens = await apps.tokens(client, { scope: `${EVERYTHING} orders:read`, prompt: 'consent' });
    assert.deepEqual(audienceOf(tokens), [ORDERS, `${stage.issuer}/userinfo`]);
    assert.equal(tokens.scope, 'openid offline_access orders:read');
    return 'a token for the API';
  });

  row('C34', 'a scope of a declared API', 'invalid_scope that names it', async () => {
    for (const scope of ['openid messages:read', 'openid nonsense messages:read', 'messages:read']) {
      const plain = scope.startsWith('openid') ? {} : { nonce: undefined };
      assert.equal(await errorOf(app('no-api'), { scope, ...plain }), 'invalid_scope messages:read');
    }
    assert.equal(
      await errorOf(app('own-app'), { scope: 'openid orders:read orders:refund' }),
      'invalid_scope orders:refund',
      'of an API that the client may use',
    );
    return 'invalid_scope that names it';
  });

  row('C34', 'openid of a client without it', 'invalid_scope that names it', async () => {
    for (const scope of ['openid', 'address openid', 'openid orders:read'])
      assert.equal(await errorOf(app('api-only'), { scope }), 'invalid_scope openid', scope);
    return 'invalid_scope that names it';
  });

  row('C34', 'scopes without openid', 'invalid_scope that names one', async () => {
    const plain = { nonce: undefined };
    for (const scope of ['nonsense', 'address', 'OpenID', '__proto__', 'constructor'])
      for (const client of [app('api-only'), app('no-api')])
        assert.equal(await errorOf(client, { ...plain, scope }), `invalid_scope ${scope}`, scope);
    assert.equal(
      await errorOf(app('api-only'), { ...plain, scope: 'profile email orders:read' }),
      'invalid_scope email',
    );
    return 'invalid_scope that names one';
  });

  row('C34', 'a malformed scope beside openid', 'invalid_scope', async () => {
    for (const scope of ['openid\tprofile', 'openid "x"', 'openid é', 'openid \\'])
      assert.equal(await apps.atAuthorize(app('no-api'), { scope }), 'R(invalid_scope)', scope);
    return 'invalid_scope';
  });

  row('C34', 'scopes that the client loses during a sign-in', 'left out, or a new page', async () => {
    const client = app('mailing-app');
    const agent = new UserAgent();
    const scope = 'openid email';
    await apps.tokens(client, { scope }, agent);
    const request = authorizationRequest(stage.issuer, parametersOf(client, { scope, prompt: 'login' }));
    const { url, response } = await agent.follow(request.url);
    const html = await response.text();
    await setScope(stage, client.id, 'openid offline_access');
    // The form is bound to the scopes that its page showed.
    const refused = await agent.submit({ url, html }, { login: 'alice', password: 'wonderland-tea-party' });
    assert.equal(refused.url.origin, stage.issuer);
    const again = await agent.get(url);
    const answered = await agent.submit(
      { url, html: await again.text() },
      { login: 'alice', password: 'wonderland-tea-party' },
    );
    const code = answered.url.searchParams.get('code') as string;
    const { body } = await redeem(stage.issuer, code, request, client);
    await setScope(stage, client.id, 'openid email offline_access');
    assert.equal(body.scope, 'openid');
    return 'left out, or a new page';
  });

  row('C34', 'every scope again, at a refresh', 'what the grant has', async () => {
    const client = app('no-api');
    const tokens = await apps.tokens(client, { scope: EVERYTHING });
    const first = await refresh(client, tokens, EVERYTHING);
    assert.deepEqual([first.error, first.scope], [undefined, 'openid profile']);
    const repeated = await refresh(client, tokens, 'openid profile');
    assert.deepEqual(repeated, first, 'the request continues as this one');
    return 'what the grant has';
  });

  row('C34', 'more than was granted, at a refresh', 'invalid_scope, and not used up', async () => {
    const client = app('mailing-app');
    const tokens = await apps.tokens(client, { scope: 'openid phone' });
    assert.equal(tokens.scope, 'openid');
    // Registered and not granted; of an API; and scopes alone, of which nothing would be left.
    for (const scope of ['openid email', 'openid orders:read', 'phone', 'nonsense', 'email', '__proto__'])
      assert.equal((await refresh(client, tokens, scope)).error, 'invalid_scope', scope);
    assert.equal((await refresh(client, tokens, 'openid phone')).scope, 'openid');
    return 'invalid_scope, and not used up';
  });

  row('C34', 'offline_access, at a refresh without it in the grant', 'left out', async () => {
    const client = app('mailing-app');
    const scope = 'openid email offline_access';
    const tokens = await apps.tokens(client, { scope });
    const body = await refresh(client, tokens, scope);
    assert.deepEqual([tokens.scope, body.scope], ['openid email', 'openid email']);
    assert.equal((await refresh(client, body, 'offline_access')).error, 'invalid_scope');
    return 'left out';
  });

  row('C34', 'openid, at a refresh without it in the grant', 'invalid_scope, and not used up', async () => {
    const client = app('orders-app');
    const tokens = await apps.tokens(client, { scope: 'orders:read', nonce: undefined });
    for (const scope of ['openid', 'openid orders:read', 'openid address orders:read'])
      assert.equal((await refresh(client, tokens, scope)).error, 'invalid_scope', scope);
    assert.equal((await refresh(client, tokens)).scope, 'orders:read');
    return 'invalid_scope, and not used up';
  });

  row('C34', 'a machine that requests openid', '400', async () => {
    for (const scope of ['openid', 'openid orders:read', 'orders:read openid nonsense']) {
      const { body } = await token(
        stage.issuer,
        { grant_type: 'client_credentials', scope },
        { id: 'orders', secret: ALL.clients[0]!.client_secret },
      );
      assert.equal(body.error, 'invalid_scope', scope);
    }
    return '400';
  });
});
