import assert from 'node:assert/strict';
import { basic, MACHINE, signIn, token, type TokenResponse, WEB } from '../support/flow.ts';
import { answer, tokenAnswer } from './support/answer.ts';
import { formAnswer, type Headers, postForm } from './support/post-form.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const SECRET = 'post-secret-of-more-than-32-characters';
const POST = { id: 'post', secret: SECRET };
const GOOD = 'grant_type=client_credentials&scope=messages:read';
const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

describe('D: client authentication', () => {
  const stage = useStage({
    clients: [
      {
        client_id: POST.id,
        client_secret: SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        scope: 'messages:read',
      },
      {
        client_id: 'browser',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://localhost:5173/cb'],
        scope: 'openid',
      },
    ],
  });
  const post = (body: string, headers: Headers) => postForm(stage, body, headers);
  const posted = (body: string, headers: Headers = {}) => formAnswer(stage, body, headers);

  row('D09', 'a web client with client_credentials', '400 unauthorized_client', () =>
    tokenAnswer(stage, { grant_type: 'client_credentials', scope: 'messages:read' }, WEB),
  );
  row('D09', 'a machine with a code, and with a refresh token', '400 unauthorized_client ×2', async () => {
    const code = await tokenAnswer(stage, { grant_type: 'authorization_code', code: 'x' }, MACHINE);
    const refresh = await tokenAnswer(stage, { grant_type: 'refresh_token', refresh_token: 'x' }, MACHINE);
    assert.equal(code, refresh);
    return `${code} ×2`;
  });

  row('D10', 'wrong secret, unknown client', '401 invalid_client, alike', async () => {
    const bodies = new Set<string>();
    /** Without the details of development; `d-uniform-errors.slow.test.ts` tests production. */
    const common = (text: string): string => {
      const { error_detail: _detail, ...rest } = JSON.parse(text) as Record<string, string>;
      return JSON.stringify(rest);
    };
    for (const client of [
      { ...MACHINE, secret: 'wrong' },
      { id: 'nobody', secret: 'wrong' },
      { ...MACHINE, secret: 'w'.repeat(30_000) },
    ]) {
      const { status, headers, body } = await post(GOOD, { Authorization: basic(client).slice(0, 16_000) });
      assert.match(headers['www-authenticate'] ?? '', /^Basic /, client.id);
      const { date: _date, 'trace-id': _trace, 'content-length': _length, ...rest } = headers;
      bodies.add(JSON.stringify([status, rest, common(body)]));
    }
    for (const id of [MACHINE.id, 'nobody']) {
      const { status, headers, body } = await post(`${GOOD}&client_id=${id}`, { Authorization: undefined });
      assert.equal(headers['www-authenticate'], undefined);
      bodies.add(JSON.stringify([status, common(body)]));
      const inBody = await post(`${GOOD}&client_id=${id}&client_secret=x`, { Authorization: undefined });
      bodies.add(JSON.stringify([inBody.status, common(inBody.body)]));
    }
    assert.equal(bodies.size, 2, [...bodies].join('\n'));
    return (await posted(GOOD, { Authorization: basic({ ...MACHINE, secret: 'x' }) })) + ', alike';
  });

  for (const [what, more] of [
    ['Basic and a secret in the body', `&client_secret=${MACHINE.secret}`],
    ['Basic and an assertion', '&client_assertion=a.b.c'],
    ['Basic for one, client_id of another', `&client_id=${POST.id}`],
  ] as const) {
    row('D11', what, '400 invalid_request', () => posted(GOOD + more));
  }

  row('D15', 'a client_secret_post client by Basic, and the reverse', '200, 200', async () => {
    const asBasic = await posted(GOOD, { Authorization: basic(POST) });
    const { id, secret } = MACHINE;
    const asPost = await posted(`${GOOD}&client_id=${id}&client_secret=${secret}`, {
      Authorization: undefined,
    });
    return `${asBasic}, ${asPost}`;
  });
  row('D15', 'a public client with a secret', '401 invalid_client', () =>
    tokenAnswer(stage, { grant_type: 'authorization_code', code: 'x' }, { id: 'browser', secret: 'x' }),
  );

  row('D23', 'a public client by Basic with an empty secret', 'as without credentials', async () => {
    const empty = { Authorization: basic({ id: 'browser', secret: '' }) };
    const code = 'grant_type=authorization_code&code=x&redirect_uri=x';
    for (const [path, body] of [
      ['/token', code],
      ['/par', 'response_type=code&client_id=browser'],
      ['/introspect', 'token=x'],
    ] as const) {
      const named = `${body}&client_id=browser`;
      const without = await formAnswer(
        stage,
        path === '/par' ? body : named,
        { Authorization: undefined },
        path,
      );
      assert.equal(await formAnswer(stage, body, empty, path), without, path);
    }
    return 'as without credentials';
  });
  row('D23', 'a confidential client by Basic with an empty secret', '400 invalid_request ×3', async () => {
    const seen = new Set<string>();
    for (const id of [MACHINE.id, POST.id, 'nobody'])
      seen.add(await posted(GOOD, { Authorization: basic({ id, secret: '' }) }));
    return `${[...seen].join()} ×3`;
  });
  row('D23', 'a public client with an empty secret from a page of another origin', 'no CORS', async () => {
    const { headers } = await post('grant_type=authorization_code&code=x&redirect_uri=x', {
      Authorization: basic({ id: 'browser', secret: '' }),
      Origin: 'https://evil.example',
    });
    return headers['access-control-allow-origin'] ?? 'no CORS';
  });

  row('D17', 'a refresh with another scope', '400 invalid_scope, 200 after', async () => {
    const { tokens } = await signIn(stage.issuer, { parameters: OFFLINE });
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    const more = await tokenAnswer(stage, { ...fields, scope: 'openid messages:write' });
    return `${more}, ${await tokenAnswer(stage, fields)} after`;
  });

  row('D18', 'Cache-Control and Pragma of token responses', 'no-store, no-cache', async () => {
    const { tokens } = await signIn(stage.issuer, { parameters: OFFLINE });
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
    const machine = { grant_type: 'client_credentials', scope: 'messages:read' };
    const headers = new Set<string>();
    for (const [fields, client] of [
      [refresh, WEB],
      [machine, MACHINE],
    ] as const) {
      const { response } = await token(stage.issuer, fields, client);
      headers.add(`${response.headers.get('cache-control')}, ${response.headers.get('pragma')}`);
    }
    return [...headers].join('; ');
  });

  row('D19', 'an expired secret', '200 new, 401 invalid_client old', async () => {
    const grant = { grant_types: ['client_credentials'], scope: 'messages:read' };
    const { client, secret } = await stage.operator.clients.add(grant);
    const { secret: next } = await stage.operator.clients.rotateSecret(client.id, { overlap: 0 });
    const ask = (value: string | undefined) =>
      tokenAnswer(stage, { grant_type: 'client_credentials' }, { id: client.id, secret: value as string });
    return `${await ask(next)} new, ${await ask(secret)} old`;
  });
  row('D19', 'two valid secrets', '200, 200', async () => {
    const grant = { grant_types: ['client_credentials'], scope: 'messages:read' };
    const { client } = await stage.operator.clients.add(grant);
    const made = await Promise.all([1, 2].map(() => stage.operator.clients.rotateSecret(client.id)));
    const seen: string[] = [];
    for (const { secret } of made) {
      seen.push(await tokenAnswer(stage, { grant_type: 'client_credentials' }, { id: client.id, secret }));
    }
    return seen.join(', ');
  });

  row('D20', 'client secrets in the store', 'none', async () => {
    const { body } = await token(
      stage.issuer,
      { grant_type: 'client_credentials', scope: 'messages:read' },
      POST,
    );
    const stored = stage.server.stored();
    assert.ok(stored.includes(POST.id));
    for (const secret of [SECRET, MACHINE.secret, body.access_token]) assert.ok(!stored.includes(secret));
    return 'none';
  });

  row('D10', 'an error with Accept: text/html', '401 invalid_client', async () => {
    const response = await fetch(`${stage.issuer}/token`, {
      method: 'POST',
      headers: { Accept: 'text/html', Authorization: basic({ ...MACHINE, secret: 'x' }) },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return await answer(stage, response);
  });

  row('A06', 'a token of a client that was removed and added again with its id', 'inactive', async () => {
    const metadata = { client_id: 'again', grant_types: ['client_credentials'], scope: 'messages:read' };
    const { secret } = await stage.operator.clients.add(metadata);
    const old = { id: 'again', secret: secret as string };
    const { body } = await token(stage.issuer, { grant_type: 'client_credentials' }, old);
    const active = async (tokens: TokenResponse) => {
      const response = await fetch(`${stage.issuer}/introspect`, {
        method: 'POST',
        headers: { Authorization: basic({ id: 'demo-api', secret: 'demo-api-secret' }) },
        body: new URLSearchParams({ token: tokens.access_token }),
      });
      return ((await response.json()) as { active: boolean }).active;
    };
    assert.equal(await active(body), true);
    await stage.operator.clients.remove('again');
    assert.equal(await active(body), false);
    await stage.operator.clients.add(metadata);
    return (await active(body)) ? 'active' : 'inactive';
  });
});
