import assert from 'node:assert/strict';
import { API, authorizationRequest, authorize, redeem, token, type TokenResponse } from '../support/flow.ts';
import { LONG } from '../support/long-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { app, LEDGER, ORDERS, PLAIN } from './support/apis.ts';
import { authorizationAnswer } from './support/answer.ts';
import { AppRequests, audienceOf, parametersOf } from './support/app-requests.ts';
import { MCP, NAMED, SLASHED } from './support/named-apis.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

type App = ReturnType<typeof app>;
type Parameters = Record<string, string | undefined>;

const OFFLINE = { prompt: 'consent' };
const NOTHING = ['R(invalid_target)', '400 invalid_target'];
const ALLOWED = ['303 /interaction', '201'];

/** Values that name no API, also where a declared audience is a part of them. */
const UNKNOWN = [
  'https://unknown.example',
  `${ORDERS}//`,
  `${ORDERS}/.`,
  `${ORDERS}/?`,
  `${ORDERS}/%2F`,
  `${ORDERS}\\`,
  `${ORDERS}/ `,
  ' https://orders.example',
  `${ORDERS}:443`,
  `${ORDERS}.`,
  'https://ORDERS.example/path',
  'orders',
  '__proto__',
  'constructor',
  'toString',
  `${ORDERS}/${'a'.repeat(1500)}`,
];

/** APIs that a request for another one must not turn to. */
const OTHERS = [`${API}/`, `${LEDGER}/`, 'https://other.example/'];

describe('C: how a request names an API', () => {
  const stage = useStage(NAMED);
  const apps = new AppRequests(stage);

  const both = async (client: App, parameters: Parameters) => [
    await apps.atAuthorize(client, parameters),
    await apps.atPar(client, parameters),
  ];

  /** Redeems a code with additional parameters. */
  const redeemWith = async (client: App, parameters: Parameters, fields: Record<string, string>) => {
    const request = authorizationRequest(stage.issuer, parametersOf(client, parameters));
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') as string;
    const redemption = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: client.redirectUri,
      code_verifier: request.verifier,
    };
    return (await token(stage.issuer, { ...redemption, ...fields }, client)).body;
  };

  const refresh = async (client: App, tokens: TokenResponse, fields: Record<string, string> = {}) => {
    const { refresh_token: value = '' } = tokens;
    return (
      await token(stage.issuer, { grant_type: 'refresh_token', refresh_token: value, ...fields }, client)
    ).body;
  };

  for (const name of ['resource', 'audience']) {
    const scope = 'openid';
    // With `audience`, a request for `openid` gets a token for userinfo too.
    const audOf = (declared: string): unknown =>
      name === 'resource' ? declared : [declared, `${stage.issuer}/userinfo`];

    row(
      'C35',
      `${name} with and without the slash of an empty path, and with another case of scheme and host`,
      'the declared audience',
      async () => {
        for (const [client, declared, other] of [
          [app('orders-app'), ORDERS, `${ORDERS}/`],
          [app('orders-app'), ORDERS, 'HTTPS://ORDERS.Example/'],
          [app('slashed-app'), SLASHED, SLASHED.slice(0, -1)],
        ] as const) {
          for (const spelling of [declared, other]) {
            const parameters = { scope, [name]: spelling };
            assert.deepEqual(await both(client, parameters), ALLOWED, spelling);
            const tokens = await apps.tokens(client, { ...parameters, ...OFFLINE });
            assert.deepEqual(audienceOf(tokens), audOf(declared), spelling);
            for (const repeated of [declared, other]) {
              const refreshed = await refresh(client, tokens, { [name]: repeated });
              assert.deepEqual(audienceOf(refreshed), audOf(declared));
              Object.assign(tokens, refreshed);
            }
            // In the short form of one spelling with the other.
            if (spelling === other && !LONG) continue;
            const redeemed = await redeemWith(client, parameters, { [name]: other });
            assert.deepEqual(audienceOf(redeemed), audOf(declared));
          }
        }
        return 'the declared audience';
      },
    );

    row('C35', `${name} with the other slash, of another client's API`, 'invalid_target', async () => {
      for (const audience of [`${ORDERS}/`, `${LEDGER}/`, SLASHED, SLASHED.slice(0, -1), `${PLAIN}/`]) {
        assert.deepEqual(await both(app('no-api'), { scope, [name]: audience }), NOTHING, audience);
        const owner = audience.startsWith(ORDERS) ? app('ledger-app') : app('orders-app');
        assert.deepEqual(await both(owner, { scope, [name]: audience }), NOTHING, audience);
      }
      return 'invalid_target';
    });

    row('C35', `${name} with a path`, 'one spelling', async () => {
      const client = app('mcp-app');
      assert.deepEqual(await both(client, { scope, [name]: MCP }), ALLOWED);
      const tokens = await apps.tokens(client, { scope: 'openid mcp:tools', [name]: MCP });
      assert.deepEqual(audienceOf(tokens), audOf(MCP));
      for (const other of [`${MCP}/`, new URL(MCP).origin, `${new URL(MCP).origin}/`])
        assert.deepEqual(await both(client, { scope, [name]: other }), NOTHING, other);
      return 'one spelling';
    });

    row('C35', `${name} that names no API`, 'invalid_target', async () => {
      for (const value of UNKNOWN)
        assert.deepEqual(await both(app('orders-app'), { scope, [name]: value }), NOTHING, value);
      return 'invalid_target';
    });
  }

  row('C35', 'both spellings in one request', 'one resource', async () => {
    const { url, verifier } = authorizationRequest(
      stage.issuer,
      parametersOf(app('orders-app'), { scope: 'openid orders:read', resource: ORDERS }),
    );
    url.searchParams.append('resource', `${ORDERS}/`);
    const request = { ...authorizationRequest(stage.issuer), url, verifier };
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') as string;
    const { body } = await redeem(stage.issuer, code, request, app('orders-app'));
    assert.equal(audienceOf(body), ORDERS);
    // A refresh of a grant for two resources would have to name one.
    assert.equal(audienceOf(await refresh(app('orders-app'), body)), ORDERS);
    return 'one resource';
  });

  row('C35', 'consent to one spelling', 'consent to the API', async () => {
    const client = app('asks-later');
    const agent = new UserAgent();
    const shown = 'Orders: Use it in your name';
    assert.equal(await apps.consentPage(client, { scope: 'openid', resource: `${ORDERS}/` }, agent), shown);
    await apps.tokens(client, { scope: 'openid', resource: `${ORDERS}/` }, agent);
    for (const spelling of [ORDERS, `${ORDERS}/`])
      assert.equal(await apps.consentPage(client, { scope: 'openid', resource: spelling }, agent), '');
    assert.equal(
      await apps.consentPage(client, { scope: 'openid', audience: API }, agent),
      'Sample API: Use it in your name',
      'another API is another question',
    );
    return 'consent to the API';
  });

  row('C35', 'another API by its other spelling, at the token endpoint', 'invalid_target', async () => {
    const client = app('two-apis');
    const parameters = { scope: 'openid orders:read', resource: `${ORDERS}/` };
    for (const name of ['resource', 'audience'])
      for (const other of LONG ? [API, ...OTHERS] : OTHERS) {
        const body = await redeemWith(client, parameters, { [name]: other });
        assert.equal(body.error, 'invalid_target', `${name} ${other}`);
      }
    const tokens = await apps.tokens(client, parameters);
    for (const name of ['resource', 'audience'])
      for (const other of [API, ...OTHERS, ...UNKNOWN.slice(0, 4)]) {
        const { error } = await refresh(client, tokens, { [name]: other });
        assert.equal(error, 'invalid_target', `${name} ${other}`);
      }
    assert.equal(audienceOf(await refresh(client, tokens)), ORDERS, 'not used up');
    return 'invalid_target';
  });

  row('C35', '21 resources, of which the first is unknown', 'rejected before any is looked up', async () => {
    const { url } = authorizationRequest(stage.issuer, parametersOf(app('orders-app'), { scope: 'openid' }));
    for (const resource of ['https://unknown.example', ...Array.from({ length: 20 }, () => ORDERS)])
      url.searchParams.append('resource', resource);
    const back = new URL((await new UserAgent().get(url)).headers.get('location') as string);
    assert.equal(back.searchParams.get('error_description'), 'at most 20 resources can be named');
    return 'rejected before any is looked up';
  });

  row('C36', 'audience and resource of two APIs', 'invalid_target', async () => {
    const client = app('two-apis');
    for (const [audience, resource] of [
      [API, ORDERS],
      [ORDERS, `${API}/`],
      [ORDERS, 'https://unknown.example'],
      ['https://unknown.example', ORDERS],
    ] as const)
      assert.deepEqual(await both(client, { scope: 'openid', audience, resource }), NOTHING);
    const { url } = authorizationRequest(
      stage.issuer,
      parametersOf(client, { scope: 'openid', audience: ORDERS, resource: ORDERS }),
    );
    url.searchParams.append('resource', API);
    const back = new URL((await new UserAgent().get(url)).headers.get('location') as string);
    assert.equal(back.searchParams.get('error_description'), 'audience and resource name different APIs');
    const tokens = await apps.tokens(client, { scope: 'openid', audience: ORDERS });
    const { error } = await refresh(client, tokens, { audience: ORDERS, resource: API });
    assert.equal(error, 'invalid_target');
    const twice = [ORDERS, `${stage.issuer}/userinfo`];
    assert.deepEqual(audienceOf(await refresh(client, tokens)), twice, 'not used up');
    return 'invalid_target';
  });

  row('C36', 'audience and resource of one API', 'its audience', async () => {
    const client = app('orders-app');
    const parameters = { scope: 'openid', audience: `${ORDERS}/`, resource: ORDERS };
    assert.deepEqual(await both(client, parameters), ALLOWED);
    const tokens = await apps.tokens(client, { ...parameters, ...OFFLINE });
    assert.equal(audienceOf(tokens), ORDERS);
    const first = await refresh(client, tokens, { audience: ORDERS });
    assert.equal(audienceOf(first), ORDERS);
    assert.deepEqual(await refresh(client, tokens, { resource: ORDERS }), first, 'the same request again');
    return 'its audience';
  });

  row('C36', 'the audience of the request, and resource at the token endpoint', 'the API alone', async () => {
    const client = app('orders-app');
    const parameters = { scope: 'openid', audience: ORDERS };
    assert.equal(audienceOf(await redeemWith(client, parameters, { resource: ORDERS })), ORDERS);
    const tokens = await apps.tokens(client, { ...parameters, ...OFFLINE });
    assert.equal(audienceOf(await refresh(client, tokens, { resource: ORDERS })), ORDERS);
    return 'the API alone';
  });

  row('C36', 'resource of the request, and the audience at the token endpoint', 'the API alone', async () => {
    const parameters = { scope: 'openid', resource: ORDERS };
    assert.equal(audienceOf(await redeemWith(app('orders-app'), parameters, { audience: ORDERS })), ORDERS);
    return 'the API alone';
  });

  row('C36', 'an audience that is refused', 'the error names it', async () => {
    for (const [client, audience, description] of [
      [app('orders-app'), 'https://unknown.example', 'audience is not a declared API'],
      [app('orders-app'), LEDGER, 'audience is not allowed for this client'],
    ] as const) {
      const { url } = authorizationRequest(stage.issuer, parametersOf(client, { scope: 'openid', audience }));
      const back = new URL((await new UserAgent().get(url)).headers.get('location') as string);
      assert.equal(back.searchParams.get('error_description'), description);
    }
    return 'the error names it';
  });

  row('C36', 'two audiences', 'invalid_request', async () => {
    const parameters = parametersOf(app('orders-app'), { scope: 'openid' });
    assert.equal(
      await authorizationAnswer(stage, { ...parameters, audience: [ORDERS, ORDERS] }),
      'R(invalid_request)',
    );
    return 'invalid_request';
  });

  row('C36', 'an empty audience', 'as if it was absent', async () => {
    const parameters = { scope: 'openid orders:read', audience: '' };
    assert.deepEqual(await both(app('orders-app'), parameters), ALLOWED);
    const tokens = await apps.tokens(app('orders-app'), parameters);
    assert.deepEqual(audienceOf(tokens), [ORDERS, `${stage.issuer}/userinfo`]);
    return 'as if it was absent';
  });

  row('C36', 'an audience without scope', 'its default scopes', async () => {
    const tokens = await apps.tokens(app('two-apis'), {
      scope: undefined,
      nonce: undefined,
      audience: `${ORDERS}/`,
    });
    assert.deepEqual([audienceOf(tokens), tokens.scope], [ORDERS, 'orders:read']);
    return 'its default scopes';
  });

  row('C36', 'an audience for scopes of another API', 'no scope of that API', async () => {
    const tokens = await apps.tokens(app('two-apis'), { scope: 'openid messages:read', audience: ORDERS });
    const audience = [ORDERS, `${stage.issuer}/userinfo`];
    assert.deepEqual([audienceOf(tokens), tokens.scope], [audience, 'openid']);
    return 'no scope of that API';
  });
});
