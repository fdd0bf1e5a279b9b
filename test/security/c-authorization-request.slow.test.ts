import assert from 'node:assert/strict';
import { API, authorizationRequest, authorize, redeem, signIn, WEB } from '../support/flow.ts';
import { formOf } from '../support/html-form.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer, authorizationAnswer, sameAnswer } from './support/answer.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

const FRAGMENT = {
  client_id: 'fragment',
  client_secret: 'a-secret-of-more-than-32-characters',
  redirect_uris: [WEB.redirectUri],
  response_modes: ['fragment' as const],
  scope: 'openid',
};

describe('C: authorization request', () => {
  const stage = useStage({ clients: [FRAGMENT] });

  row('C01', 'client_id: unknown, empty, NUL, none', '400 page, one body', async () => {
    const bodies = new Set<string>();
    // Without the details of development; `d-uniform-errors.slow.test.ts` tests production.
    const explanation = /<section class="expected"[^]*?<\/section>/;
    const before = await stage.records();
    for (const client of ['nobody', '', '\0', '__proto__', ' ', 'demo-web\0', 'Demo-Web', undefined]) {
      const { url } = authorizationRequest(stage.issuer, { client_id: client, state: 's', nonce: 'n' });
      const response = await new UserAgent().get(url);
      assert.equal(await answer(stage, response.clone()), '400 page', client);
      const html = (await response.text()).replace(explanation, '');
      bodies.add(html.replace(response.headers.get('trace-id') as string, ''));
    }
    assert.deepEqual(await stage.recordsSince(before), []);
    return `400 page, ${bodies.size === 1 ? 'one body' : `${bodies.size} bodies`}`;
  });

  row('C03', 'state, redirect_uri, scope and others twice', 'R(invalid_request)', async () => {
    const { url } = authorizationRequest(stage.issuer, { state: 'twice' });
    url.searchParams.append('state', 'twice');
    const { searchParams } = new URL((await new UserAgent().get(url)).headers.get('location') as string);
    assert.equal(searchParams.get('error'), 'invalid_request');
    assert.equal(searchParams.has('state'), false, 'the duplicate is not echoed');
    const twice = ['scope', 'nonce', 'response_mode', 'prompt', 'code_challenge', 'max_age', 'login_hint'];
    return await sameAnswer(
      stage,
      [
        { redirect_uri: [WEB.redirectUri, WEB.redirectUri] },
        ...twice.map((name) => ({ [name]: ['a', 'a'] })),
      ],
      'R(invalid_request)',
    );
  });

  row('C03', 'another redirect_uri beside the right one', '400 page', () =>
    sameAnswer(
      stage,
      [
        { redirect_uri: [WEB.redirectUri, 'https://evil.example'] },
        { redirect_uri: ['https://evil.example', 'https://evil.example'] },
        { redirect_uri: [WEB.redirectUri, ''] },
      ],
      '400 page',
    ),
  );

  row('C04', 'response types other than code', 'R(unsupported_response_type)', () =>
    sameAnswer(
      stage,
      ['token', 'code token', 'id_token', 'code id_token', 'id_token token', 'none', 'CODE', 'code none'].map(
        (type) => ({ response_type: type }),
      ),
      'R(unsupported_response_type)',
    ),
  );

  row('C05', 'unknown response modes', 'R(unsupported_response_mode)', () =>
    sameAnswer(
      stage,
      ['evil', 'jwt', 'query.jwt', 'form_post.jwt', 'web_message', '__proto__', 'QUERY'].map((mode) => ({
        response_mode: mode,
      })),
      'R(unsupported_response_mode)',
    ),
  );

  row(
    'C06',
    'response modes that the client has not registered',
    'R(unsupported_response_mode)',
    async () => {
      for (const mode of ['query', 'form_post', undefined]) {
        const parameters = { client_id: 'fragment', scope: 'openid', response_mode: mode };
        const { url } = authorizationRequest(stage.issuer, parameters);
        const location = (await new UserAgent().get(url)).headers.get('location') as string;
        const { searchParams } = new URL(location);
        assert.equal(searchParams.get('error'), 'unsupported_response_mode', 'said in the default way');
      }
      const types = ['code', 'code code'].map((type) => ({ response_type: type, response_mode: 'fragment' }));
      return await sameAnswer(stage, types, 'R(unsupported_response_mode)');
    },
  );

  row('C06', 'response modes that the client has registered', 'R(code) and a form', async () => {
    const agent = new UserAgent();
    const inFragment = { client_id: 'fragment', scope: 'openid', response_mode: 'fragment' };
    const back = await authorize(agent, authorizationRequest(stage.issuer, inFragment));
    assert.ok(new URLSearchParams(back.hash.slice(1)).has('code'));
    assert.equal(back.search, '');
    await signIn(stage.issuer, { agent });
    const page = await agent.get(authorizationRequest(stage.issuer, { response_mode: 'form_post' }).url);
    const { action, fields } = formOf(await page.text());
    assert.deepEqual([action, fields.iss, 'code' in fields], [WEB.redirectUri, stage.issuer, true]);
    return 'R(code) and a form';
  });

  row('C08', 'prompt=none without a session', 'R(login_required)', () =>
    authorizationAnswer(stage, { prompt: 'none' }),
  );

  row('C08', 'prompt=none with form_post', '400 page with the error, in a form', async () => {
    const { url } = authorizationRequest(stage.issuer, { prompt: 'none', response_mode: 'form_post' });
    const response = await new UserAgent().get(url);
    const { action, fields } = formOf(await response.text());
    assert.deepEqual([action, fields.error, 'code' in fields], [WEB.redirectUri, 'login_required', false]);
    return `${response.status} page with the error, in a form`;
  });

  row('C08', 'prompt: none with others, unknown', 'R(invalid_request)', () =>
    sameAnswer(
      stage,
      ['none login', 'login none', 'none consent', 'evil', 'NONE', 'x'.repeat(2000)].map((prompt) => ({
        prompt,
      })),
      'R(invalid_request)',
    ),
  );

  row('C09', 'max_age other than digits', 'R(invalid_request)', () =>
    sameAnswer(
      stage,
      [
        '-1',
        'abc',
        '0x10',
        '0x0',
        '1e3',
        ' 1',
        '1 ',
        '+1',
        '1.0',
        '1,5',
        '1\0',
        '\u0661',
        '9'.repeat(400),
      ].map((age) => ({ max_age: age })),
      'R(invalid_request)',
    ),
  );

  row('C09', 'max_age in digits', '303 /interaction', () =>
    sameAnswer(stage, [{ max_age: '0' }, { max_age: '3600' }], '303 /interaction'),
  );

  row('C14', 'resource: not declared, with a fragment, no URI, many', 'R(invalid_target)', () =>
    sameAnswer(
      stage,
      [
        ...['https://other.example', `${API}#x`, `${API}//`, 'x', '\0'].map((resource) => ({ resource })),
        { resource: Array.from({ length: 21 }, () => API) },
      ],
      'R(invalid_target)',
    ),
  );

  row('C16', 'state of 2,048 characters', 'R(code), returned', async () => {
    const { agent } = await signIn(stage.issuer);
    const state = `${'s'.repeat(2040)}%00&#"\u00e9`;
    const request = authorizationRequest(stage.issuer, { state, prompt: 'login' });
    const back = await authorize(agent, request);
    assert.equal(back.searchParams.get('state'), state);
    return `${back.searchParams.has('code') ? 'R(code)' : back.href}, returned`;
  });

  row('C16', 'state of more than 2,048 bytes', '400 page', () =>
    sameAnswer(
      stage,
      [{ state: 'x'.repeat(2049) }, { state: 'x'.repeat(12_000) }, { state: '\u00e9'.repeat(2049) }],
      '400 page',
    ),
  );

  row('C16', 'other parameters beyond their limits', 'R(invalid_request)', () =>
    sameAnswer(
      stage,
      ['nonce', 'login_hint', 'acr_values', 'ui_locales', 'display'].map((name) => ({
        [name]: 'x'.repeat(600),
      })),
      'R(invalid_request)',
    ),
  );

  row('C19', 'state and nonce', 'exact', async () => {
    const { agent } = await signIn(stage.issuer);
    const values = { state: 'a b+c%20\u2603"<>', nonce: 'n+o n/c=e%\u2603' };
    const request = authorizationRequest(stage.issuer, values);
    const back = await authorize(agent, request);
    assert.equal(back.searchParams.get('state'), values.state);
    const { body } = await redeem(stage.issuer, back.searchParams.get('code') as string, request);
    const [, claims = ''] = body.id_token?.split('.') ?? [];
    assert.equal(JSON.parse(Buffer.from(claims, 'base64url').toString()).nonce, values.nonce);
    for (const prompt of [undefined, 'none', 'evil']) {
      const { url } = authorizationRequest(stage.issuer, { state: undefined, prompt });
      const { searchParams } = new URL((await agent.get(url)).headers.get('location') as string);
      assert.equal(searchParams.has('state'), false, prompt);
    }
    return 'exact';
  });
});
