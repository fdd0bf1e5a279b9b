import assert from 'node:assert/strict';
import { Api, type Ask } from './api.ts';
import { Issuer } from './issuer.ts';

describe('resource server: how the token is sent (RFC 6750 §2, §3) E09', () => {
  let issuer: Issuer;
  let api: Api;
  let token: string;

  before(async () => {
    issuer = await Issuer.start();
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience });
    token = await issuer.token();
  });

  after(async () => {
    await api.stop();
    await issuer.stop();
  });

  const METADATA = 'resource_metadata="http://localhost:3001/.well-known/oauth-protected-resource"';

  it('accepts a valid token in the Authorization header', async () => {
    const { status, json } = await api.ask({ token });
    assert.equal(status, 200);
    assert.deepEqual(json, { messages: [] });
  });

  for (const scheme of ['bearer', 'BEARER', 'Bearer  ']) {
    it(`accepts the scheme written as "${scheme}" (RFC 9110 §11.1)`, async () => {
      assert.equal((await api.ask({ headers: { authorization: `${scheme} ${token}` } })).status, 200);
    });
  }

  it('responds to a request without a token with 401, a challenge, and no error code (§3.1)', async () => {
    const { status, headers, json } = await api.ask();
    assert.equal(status, 401);
    assert.equal(headers['www-authenticate'], `Bearer scope="messages:read", ${METADATA}`);
    assert.equal(json.error, undefined);
    assert.equal(typeof json.error_description, 'string');
  });

  for (const authorization of [
    'Basic YWxpY2U6c2VjcmV0',
    'DPoP eyJhbGciOiJSUzI1NiJ9.e30.c2ln',
    'Bearerx abc',
    '',
  ]) {
    it(`treats another scheme (${JSON.stringify(authorization)}) as no token`, async () => {
      const { status, headers } = await api.ask({ headers: { authorization } });
      assert.equal(status, 401);
      assert.equal(headers['www-authenticate'], `Bearer scope="messages:read", ${METADATA}`);
    });
  }

  const malformed: [string, () => Ask][] = [
    ['a scheme without a token', () => ({ headers: { authorization: 'Bearer' } })],
    ['two tokens', () => ({ headers: { authorization: `Bearer ${token} ${token}` } })],
    ['a list of tokens', () => ({ headers: { authorization: `Bearer ${token}, Bearer ${token}` } })],
    ['a quoted token', () => ({ headers: { authorization: `Bearer "${token}"` } })],
    ['a tab after the scheme', () => ({ headers: { authorization: `Bearer \t${token}` } })],
    ['non-ASCII bytes', () => ({ headers: { authorization: 'Bearer \u00e9\u00e9' } })],
    [
      'two Authorization headers',
      () => ({ headers: { authorization: [`Bearer ${token}`, `Bearer ${token}`] } }),
    ],
    [
      'a second header with another scheme',
      () => ({ headers: { authorization: [`Bearer ${token}`, 'Basic eA=='] } }),
    ],
    ['the token in the query', () => ({ path: `/messages?access_token=${token}` })],
    ['the token in the query under an encoded name', () => ({ path: `/messages?access%5Ftoken=${token}` })],
    ['header and query together', () => ({ token, path: `/messages?access_token=${token}` })],
    ['header and an empty token in the query', () => ({ token, path: '/messages?access_token=' })],
    ['the token in a form', () => form({})],
    ['header and form together', () => form({ token })],
  ];

  function form(ask: Ask): Ask {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { ...ask, method: 'POST', headers, body: `text=hello&access_token=${token}` };
  }

  for (const [name, ask] of malformed) {
    it(`rejects ${name} with 400 invalid_request`, async () => {
      const { status, headers, json, text } = await api.ask(ask());
      assert.equal(status, 400);
      assert.equal(json.error, 'invalid_request');
      assert.match(
        headers['www-authenticate'] ?? '',
        /^Bearer error="invalid_request", error_description="[^"]+", resource_metadata=/,
      );
      assert.ok(!text.includes(token));
    });
  }

  it('rejects insufficient scope with 403 and the required scope', async () => {
    const { status, headers, json } = await api.post(
      await issuer.token({ claims: { scope: 'messages:read' } }),
      '{"text":"hello"}',
    );
    assert.equal(status, 403);
    assert.equal(json.error, 'insufficient_scope');
    assert.match(
      headers['www-authenticate'] ?? '',
      /^Bearer error="insufficient_scope", .*scope="messages:write", /,
    );
    assert.ok(headers['www-authenticate']?.endsWith(METADATA));
  });

  for (const scope of [
    undefined,
    '',
    'messages',
    'messages:readx',
    'messages:read,messages:write',
    'MESSAGES:READ',
  ]) {
    it(`finds no messages:read in the scope ${JSON.stringify(scope)}`, async () => {
      assert.equal((await api.ask({ token: await issuer.token({ claims: { scope } }) })).status, 403);
    });
  }

  it('logs the reason, never the token', async () => {
    const expired = await issuer.token({ claims: { exp: 1 } });
    api.reasons.length = 0;
    const { json } = await api.ask({ token: expired });
    assert.deepEqual(api.reasons, ['"exp" claim timestamp check failed']);
    assert.doesNotMatch(String(json.error_description), /timestamp/);
  });
});
