import assert from 'node:assert/strict';
import { authorizationRequest, authorize, redeem, token } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { authorizationAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const SITE = 'https://vault.example/callback';
const TOOL = 'http://localhost:8250/oidc/callback';
const DOTLESS = 'cursor://anysphere.cursor-retrieval/oauth/user-callback';
const ESCAPED = 'myapp://cb/a%2Fb?x=%20';
const LOCALHOST = 'http://localhost/cb';

const TOOL_CLIENT = { redirect_uris: [SITE], loopback_redirect_uris: [TOOL], scope: 'openid' };

/** Relaxations for apps and tools on the device of the person: schemes without a dot, `localhost`, `loopback_redirect_uris`. */
describe('B: redirect URIs of apps and tools', () => {
  const stage = useStage({
    clients: [
      {
        client_id: 'editor',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: [DOTLESS, ESCAPED],
        post_logout_redirect_uris: ['cursor://signed-out'],
        scope: 'openid',
      },
      {
        client_id: 'localhost',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: [LOCALHOST],
        scope: 'openid',
      },
      {
        client_id: 'numbers',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://127.0.0.1/cb', 'http://[::1]/cb'],
        scope: 'openid',
      },
      { ...TOOL_CLIENT, client_id: 'vault', client_secret: SECRET },
      { ...TOOL_CLIENT, client_id: 'public', token_endpoint_auth_method: 'none' },
      { client_id: 'site', client_secret: SECRET, redirect_uris: [SITE], scope: 'openid' },
    ],
  });

  const ask = (client: string, redirectUri: string, more: Record<string, string> = {}) =>
    authorizationAnswer(stage, { client_id: client, redirect_uri: redirectUri, scope: 'openid', ...more });

  /** Also asserts that nothing is stored. */
  async function refused(
    client: string,
    redirectUri: string,
    more: Record<string, string> = {},
  ): Promise<string> {
    const before = await stage.records();
    const seen = await ask(client, redirectUri, more);
    assert.deepEqual(await stage.recordsSince(before), []);
    return seen;
  }

  for (const mode of ['query', 'form_post']) {
    row('B12', `native: ${DOTLESS}, ${mode}`, '303 /interaction', () =>
      ask('editor', DOTLESS, { response_mode: mode }),
    );
  }
  row('B12', `native: ${ESCAPED}`, '303 /interaction', () => ask('editor', ESCAPED));
  for (const uri of [
    'cursor://anysphere.cursor-retrieval/oauth/user-callback/',
    'cursor://anysphere.cursor-retrieval/oauth/user-callback?x=1',
    'cursor://anysphere.cursor-retrieval/oauth/user-callback#x',
    'cursor://anysphere.cursor-retrieval/oauth/../oauth/user-callback',
    'cursor://anysphere.cursor-retrieval/oauth/user%2Dcallback',
    'cursor://anysphere%2Ecursor-retrieval/oauth/user-callback',
    'cursor://anysphere.cursor-retrieval:80/oauth/user-callback',
    'cursor://user@anysphere.cursor-retrieval/oauth/user-callback',
    'cursor://user:pw@anysphere.cursor-retrieval/oauth/user-callback',
    'cursor://evil.example/oauth/user-callback',
    'cursor:///anysphere.cursor-retrieval/oauth/user-callback',
    'cursor:/anysphere.cursor-retrieval/oauth/user-callback',
    'cursor:anysphere.cursor-retrieval/oauth/user-callback',
    'Cursor://anysphere.cursor-retrieval/oauth/user-callback',
    'CURSOR://anysphere.cursor-retrieval/oauth/user-callback',
    ' cursor://anysphere.cursor-retrieval/oauth/user-callback',
    'cur\tsor://anysphere.cursor-retrieval/oauth/user-callback',
    'cursors://anysphere.cursor-retrieval/oauth/user-callback',
    'https://anysphere.cursor-retrieval/oauth/user-callback',
    'cursor://',
    'myapp://cb/a/b?x=%20',
    'myapp://cb/a%2fb?x=%20',
    'myapp://cb/a%2Fb?x=+',
    'javascript://anysphere.cursor-retrieval/oauth/user-callback',
    'intent://anysphere.cursor-retrieval/oauth/user-callback',
  ]) {
    row('B12', `native: ${JSON.stringify(uri)}`, '400 page', () => refused('editor', uri));
  }
  row('B12', 'the scheme of another client', '400 page', () => refused('site', DOTLESS));

  row('B17', 'scheme without a dot: an app that claims it asks silently', 'R(consent_required)', async () => {
    const agent = new UserAgent();
    const request = { client_id: 'editor', redirect_uri: DOTLESS, scope: 'openid' };
    await authorize(agent, authorizationRequest(stage.issuer, request));
    return await authorizationAnswer(stage, { ...request, prompt: 'none' }, agent);
  });
  row('B17', 'scheme without a dot: an app that claims it shows the page', '303 /interaction', async () => {
    const agent = new UserAgent();
    const request = { client_id: 'editor', redirect_uri: DOTLESS, scope: 'openid' };
    await authorize(agent, authorizationRequest(stage.issuer, request));
    return await authorizationAnswer(stage, request, agent);
  });
  row('B17', 'scheme without a dot: an app that gets the code of another', '400 invalid_grant', async () => {
    const request = authorizationRequest(stage.issuer, {
      client_id: 'editor',
      redirect_uri: DOTLESS,
      scope: 'openid',
    });
    const callback = await authorize(new UserAgent(), request);
    const response = await fetch(`${stage.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'editor',
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: DOTLESS,
        code_verifier: 'x'.repeat(43),
      }),
    });
    const { error } = (await response.json()) as { error: string };
    return `${response.status} ${error}`;
  });

  row('B17', 'scheme without a dot: form_post', 'a page that may open the scheme', async () => {
    const agent = new UserAgent();
    const request = authorizationRequest(stage.issuer, {
      client_id: 'editor',
      redirect_uri: DOTLESS,
      scope: 'openid',
      prompt: 'none',
      response_mode: 'form_post',
    });
    const response = await agent.get(request.url);
    const html = await response.text();
    assert.match(html, new RegExp(`<form[^>]* action="${DOTLESS}"`));
    const policy = response.headers.get('content-security-policy') ?? assert.fail('no policy');
    assert.doesNotMatch(policy, /form-action(?![^;]* cursor:)/);
    return 'a page that may open the scheme';
  });

  for (const uri of ['http://localhost:50000/cb', LOCALHOST, 'http://localhost:8080/cb']) {
    row('B10', `native localhost: ${uri}`, '303 /interaction', () => ask('localhost', uri));
  }
  for (const uri of [
    'http://127.0.0.1:50000/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:50000/cb',
    'http://[::1]/cb',
    'http://localhost.:50000/cb',
    'http://LOCALHOST:50000/cb',
    'http://localhost.evil.example:50000/cb',
    'http://x.localhost:50000/cb',
    'http://localhost:50000@evil.example/cb',
    'http://evil.example@localhost:50000/cb',
    'http://:@localhost:50000/cb',
    'http://localhost:99999/cb',
    'http://localhost:5\t0/cb',
    'http://local\thost:50000/cb',
    'http://localhos%74:50000/cb',
    'http://localhost:50000/%63b',
    'http://localhost:50000/cb?x=1',
    'http://localhost:50000//cb',
    'https://localhost:50000/cb',
  ]) {
    row('B10', `native localhost: ${JSON.stringify(uri)}`, '400 page', () => refused('localhost', uri));
  }
  for (const uri of ['http://localhost:50000/cb', LOCALHOST, 'http://localhost:80/cb']) {
    row('B10', `native 127.0.0.1 and [::1]: ${uri}`, '400 page', () => refused('numbers', uri));
  }
  row('B10', 'native: the code of one port at /token with another', '400 invalid_grant', async () => {
    const uri = 'http://localhost:50000/cb';
    const request = authorizationRequest(stage.issuer, {
      client_id: 'localhost',
      redirect_uri: uri,
      scope: 'openid',
    });
    const callback = await authorize(new UserAgent(), request);
    const response = await fetch(`${stage.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'localhost',
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: 'http://localhost:50001/cb',
        code_verifier: request.verifier,
      }),
    });
    const { error } = (await response.json()) as { error: string };
    return `${response.status} ${error}`;
  });

  for (const client of ['vault', 'public']) {
    row('B10', `${client}: ${TOOL}`, '303 /interaction', () => ask(client, TOOL));
    row('B10', `${client}: ${SITE}`, '303 /interaction', () => ask(client, SITE));
    for (const uri of [
      'http://localhost:8251/oidc/callback',
      'http://localhost/oidc/callback',
      'http://localhost:08250/oidc/callback',
      'http://127.0.0.1:8250/oidc/callback',
      'http://[::1]:8250/oidc/callback',
      'http://localhost:8250/oidc/callback/',
      'http://localhost:8250/oidc/callback?x=1',
      'http://localhost:8250/oidc%2Fcallback',
      'http://x@localhost:8250/oidc/callback',
      'https://localhost:8250/oidc/callback',
      'HTTP://localhost:8250/oidc/callback',
      'http://localhost:8250@evil.example/oidc/callback',
    ]) {
      row('B10', `${client}: ${uri}`, '400 page', () => refused(client, uri));
    }
  }
  row('B10', `a client without loopback_redirect_uris: ${TOOL}`, '400 page', () => refused('site', TOOL));
  row('B14', 'an unregistered port, with prompt=none', '400 page', () =>
    refused('vault', 'http://localhost:8251/oidc/callback', { prompt: 'none' }),
  );
  row('B14', 'an unregistered scheme, with an invalid scope', '400 page', () =>
    refused('editor', 'vscode://evil', { scope: 'everything' }),
  );

  row('B17', 'loopback_redirect_uris: the code needs the secret', '400 invalid_grant, 401, 200', async () => {
    const request = authorizationRequest(stage.issuer, {
      client_id: 'vault',
      redirect_uri: TOOL,
      scope: 'openid',
    });
    const code = (await authorize(new UserAgent(), request)).searchParams.get('code') ?? '';
    const client = { id: 'vault', secret: SECRET, redirectUri: TOOL };
    const elsewhere = await redeem(stage.issuer, code, request, { ...client, redirectUri: SITE });
    const wrong = await token(
      stage.issuer,
      { grant_type: 'authorization_code', code, redirect_uri: TOOL, code_verifier: request.verifier },
      { id: 'vault', secret: `${SECRET}x` },
    );
    const right = await redeem(stage.issuer, code, request, client);
    return `${elsewhere.response.status} ${elsewhere.body.error}, ${wrong.response.status}, ${right.response.status}`;
  });

  for (const [what, metadata] of Object.entries({
    'javascript in capitals, native': { application_type: 'native', redirect_uris: ['JavaScript://x/cb'] },
    'intent, native': { application_type: 'native', redirect_uris: ['intent://x/cb'] },
    'content, native': { application_type: 'native', redirect_uris: ['content://x/cb'] },
    'chrome, native': { application_type: 'native', redirect_uris: ['chrome://settings'] },
    'x-safari-https, native': {
      application_type: 'native',
      redirect_uris: ['x-safari-https://evil.example'],
    },
    'ws, native': { application_type: 'native', redirect_uris: ['ws://localhost/cb'] },
    'ms-msdt, native': { application_type: 'native', redirect_uris: ['MS-MSDT:/id'] },
    'web+app, which any site may handle': { application_type: 'native', redirect_uris: ['web+app://cb'] },
    'data, after sign-out': {
      application_type: 'native',
      redirect_uris: [DOTLESS],
      post_logout_redirect_uris: ['data:text/html,x'],
    },
    'a scheme of an app, web': { redirect_uris: [DOTLESS] },
    'a loopback address among those of a native client': {
      application_type: 'native',
      redirect_uris: [LOCALHOST],
      loopback_redirect_uris: [LOCALHOST],
    },
    'a foreign address in loopback_redirect_uris': {
      redirect_uris: [SITE],
      loopback_redirect_uris: ['http://evil.example/cb'],
    },
    'a user name in loopback_redirect_uris': {
      redirect_uris: [SITE],
      loopback_redirect_uris: ['http://localhost@evil.example/cb'],
    },
  })) {
    row('B15', `registration with ${what}`, 'refused', async () => {
      await assert.rejects(stage.operator.clients.add({ client_id: 'new', ...metadata }), {
        name: 'ClientError',
      });
      return 'refused';
    });
  }

  row('B17', 'scheme without a dot: after sign-out, exactly', 'cursor://signed-out, 400', async () => {
    const seen: string[] = [];
    for (const uri of ['cursor://signed-out', 'cursor://signed-out/x']) {
      const query = new URLSearchParams({ client_id: 'editor', post_logout_redirect_uri: uri });
      const response = await new UserAgent().get(`${stage.issuer}/logout?${query.toString()}`);
      seen.push(response.headers.get('location') ?? String(response.status));
    }
    return seen.join(', ');
  });
});
