import assert from 'node:assert/strict';
import { authorizationRequest, signIn, WEB } from '../support/flow.ts';
import { UserAgent } from '../support/user-agent.ts';
import { answer } from './support/answer.ts';
import { requestRaw } from './support/raw.ts';
import { row } from './support/row.ts';
import { useStage } from './support/stage.ts';

describe('C: authorization request by POST', () => {
  const stage = useStage();

  const post = async (
    body: URLSearchParams,
    agent = new UserAgent(),
    headers: Record<string, string> = {},
  ): Promise<{ response: Response; url: URL }> => {
    const first = await agent.post(`${stage.issuer}/authorize`, body, headers);
    const location = first.headers.get('location');
    if (location === null) return { response: first, url: new URL(first.url) };
    assert.equal(first.status, 303);
    assert.ok(location.startsWith('/authorize?'), location);
    return await agent.follow(new URL(location, stage.issuer));
  };

  row('C20', 'a posted request, also from another site', 'a code', async () => {
    const { agent } = await signIn(stage.issuer);
    const { url: target, state } = authorizationRequest(stage.issuer, { state: 'a b+c%20\u2603' });
    const elsewhere = { Origin: 'https://rp.example', 'Sec-Fetch-Site': 'cross-site' };
    const { url } = await post(target.searchParams, agent, elsewhere);
    assert.equal(url.searchParams.get('state'), target.searchParams.get('state') ?? state);
    return url.searchParams.has('code') ? 'a code' : url.href;
  });

  row('C20', 'a posted request with errors', 'the errors of GET', async () => {
    for (const [name, value, expected] of [
      ['scope', 'evil', 'invalid_scope'],
      ['max_age', '0x10', 'invalid_request'],
      ['prompt', 'none', 'login_required'],
      ['code_challenge_method', 'plain', 'invalid_request'],
    ] as const) {
      const { url } = await post(
        authorizationRequest(stage.issuer, { nonce: undefined, [name]: value }).url.searchParams,
      );
      assert.equal(url.searchParams.get('error'), expected);
    }
    for (const parameters of [{ redirect_uri: 'https://evil.example' }, { client_id: '' }]) {
      const { response } = await post(authorizationRequest(stage.issuer, parameters).url.searchParams);
      assert.equal(await answer(stage, response), '400 page');
    }
    const twice = authorizationRequest(stage.issuer).url.searchParams;
    twice.append('scope', 'openid');
    assert.equal((await post(twice)).url.searchParams.get('error'), 'invalid_request');
    return 'the errors of GET';
  });

  row('C20', 'a posted address as long as a form', '400 page ×3', async () => {
    const address = `http://a${'\u0315'.repeat(3950)}${'\u0316'.repeat(3950)}/`;
    const seen: string[] = [];
    for (const [path, name] of [
      ['authorize', 'redirect_uri'],
      ['authorize', 'resource'],
      ['logout', 'post_logout_redirect_uri'],
    ] as const) {
      const form = authorizationRequest(stage.issuer, { [name]: undefined }).url.searchParams;
      const body = `${form.toString()}&${name}=${address}`;
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' };
      seen.push(
        await answer(stage, await fetch(`${stage.issuer}/${path}`, { method: 'POST', headers, body })),
      );
    }
    assert.equal(new Set(seen).size, 1, seen.join());
    return `${seen[0]} ×${seen.length}`;
  });

  row(
    'C20',
    'parameters in body and query, a long body, another content type, no body',
    '400 each',
    async () => {
      const { search, searchParams } = authorizationRequest(stage.issuer).url;
      const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const html = { Accept: 'text/html' };
      const seen = new Set<string>();
      const before = await stage.records();
      for (const [path, body, headers] of [
        [`/authorize${search}`, searchParams.toString(), form],
        ['/authorize?client_id=demo-web', searchParams.toString(), form],
        ['/authorize', `${searchParams.toString()}&x=${'y'.repeat(57_344)}`, form],
        ['/authorize', `${searchParams.toString()}&x=${'%00'.repeat(12_000)}${'\u2603'.repeat(8000)}`, form],
        ['/authorize', JSON.stringify({ client_id: WEB.id }), { 'Content-Type': 'application/json' }],
        ['/authorize', '', {}],
      ] as const) {
        const response = await fetch(stage.issuer + path, {
          method: 'POST',
          body,
          headers: { ...headers, ...html },
          redirect: 'manual',
        });
        seen.add(await answer(stage, response));
      }
      assert.deepEqual(await stage.recordsSince(before), []);
      assert.deepEqual([...seen], ['400 page']);
      return '400 each';
    },
  );

  row('C20', 'line breaks and NUL in a body', 'no injected header', async () => {
    for (const state of ['a\r\nSet-Cookie: evil=1\r\n', 'a%0d%0aSet-Cookie:evil=1', '\0']) {
      const { status, headers } = await requestRaw(stage, 'POST /authorize HTTP/1.1', {}, `state=${state}`);
      assert.ok(status === 303 || status === 400, String(status));
      assert.equal(headers['set-cookie'], undefined);
    }
    return 'no injected header';
  });
});
