import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { Messages } from '../../src/resource-server/messages.ts';
import { Api } from './api.ts';
import { Issuer } from './issuer.ts';

describe('resource server: messages', () => {
  let issuer: Issuer;
  let api: Api;
  let token: string;

  before(async () => {
    issuer = await Issuer.start();
    token = await issuer.token();
  });

  beforeEach(async () => {
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience });
  });

  afterEach(() => api.stop());
  after(() => issuer.stop());

  const texts = async (as = token): Promise<string[]> => {
    const { messages }: { messages: { text: string }[] } = JSON.parse((await api.ask({ token: as })).text);
    return messages.map(({ text }) => text);
  };

  it('stores messages per subject', async () => {
    const { status, json } = await api.post(token, '{"text":"Grüße, 世界 👋"}');
    assert.equal(status, 201);
    assert.equal(json.text, 'Grüße, 世界 👋');
    assert.match(String(json.id), /^[0-9a-f-]{36}$/);
    assert.match(String(json.createdAt), /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(await texts(), ['Grüße, 世界 👋']);
    assert.deepEqual(await texts(await issuer.token({ claims: { sub: 'bob' } })), []);
  });

  it('separates a client from a user with the same id (RFC 9700 §4.15)', async () => {
    await api.post(token, '{"text":"for alice"}');
    const impostor = await issuer.token({ claims: { sub: 'alice', client_id: 'alice' } });
    assert.deepEqual(await texts(impostor), []);
  });

  it('keeps a hundred messages, then drops the oldest', async () => {
    const messages = new Messages({ maxPerOwner: 2, maxOwners: 2 });
    const add = (owner: string, text: string) => messages.add(owner, { id: text, text, createdAt: '' });
    for (const text of ['1', '2', '3']) add('a', text);
    assert.deepEqual(
      messages.list('a').map(({ text }) => text),
      ['2', '3'],
    );
    add('b', '4');
    add('a', '5');
    add('c', '6');
    assert.deepEqual(
      ['a', 'b', 'c'].map((owner) => messages.list(owner).length),
      [2, 0, 1],
    );
  });

  const bad: [string, string, number][] = [
    ['nothing', '', 400],
    ['no JSON', '{"text":', 400],
    ['a string', '"hello"', 400],
    ['null', 'null', 400],
    ['an array', '["hello"]', 400],
    ['no text', '{}', 400],
    ['text that is a number', '{"text":1}', 400],
    ['text that is an array', '{"text":["a"]}', 400],
    ['empty text', '{"text":""}', 400],
    ['blank text', '{"text":" \\n "}', 400],
    ['NUL', '{"text":"a\\u0000b"}', 400],
    ['a lone surrogate', '{"text":"\\ud800"}', 400],
    ['1001 characters', JSON.stringify({ text: 'a'.repeat(1001) }), 400],
    ['an unknown member', '{"text":"a","sub":"bob"}', 400],
    ['an own __proto__', '{"text":"a","__proto__":{"x":1}}', 400],
    ['20 kB', JSON.stringify({ text: 'a'.repeat(20_000) }), 413],
  ];

  for (const [name, body, expected] of bad) {
    it(`rejects a body with ${name} with ${expected} and the problem`, async () => {
      const { status, json } = await api.post(token, body);
      assert.equal(status, expected);
      assert.equal(json.error, expected === 400 ? 'invalid_request' : 'payload_too_large');
      assert.ok(String(json.error_description).length > 10);
      assert.deepEqual(await texts(), []);
      assert.deepEqual(api.errors, []);
    });
  }

  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/vnd.api+json',
    'nonsense',
  ]) {
    it(`rejects ${type} with 415`, async () => {
      const { status, json } = await api.post(token, '{"text":"a"}', { 'content-type': type });
      assert.equal(status, 415);
      assert.equal(json.error, 'unsupported_media_type');
    });
  }

  it('rejects a compressed body with 415', async () => {
    const body = gzipSync(JSON.stringify({ text: 'a' }));
    const { status } = await api.ask({
      method: 'POST',
      token,
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body,
    });
    assert.equal(status, 415);
  });

  it('verifies the token before it reads the body', async () => {
    assert.equal((await api.post('abc', '{"text":')).status, 401);
  });
});

describe('resource server: metadata, errors and headers', () => {
  let issuer: Issuer;
  let api: Api;

  before(async () => {
    issuer = await Issuer.start();
    api = await Api.start({ issuer: issuer.url, audience: issuer.audience });
  });

  after(async () => {
    await api.stop();
    await issuer.stop();
  });

  it('describes itself at /', async () => {
    const { status, json } = await api.ask({ path: '/' });
    assert.equal(status, 200);
    assert.match(String(json.description), /messages:read/);
  });

  it('publishes its metadata (RFC 9728 §2, §3)', async () => {
    const { status, headers, json } = await api.ask({ path: '/.well-known/oauth-protected-resource' });
    assert.equal(status, 200);
    assert.match(headers['content-type'] ?? '', /^application\/json/);
    assert.deepEqual(json, {
      resource: 'http://localhost:3001',
      authorization_servers: [issuer.url],
      scopes_supported: ['messages:read', 'messages:write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Sample API',
    });
  });

  it('inserts the well-known path before the path of its identifier (RFC 9728 §3.1)', async () => {
    const other = await Api.start({ issuer: issuer.url, audience: 'https://api.example.com/v1' });
    try {
      const path = '/.well-known/oauth-protected-resource/v1';
      assert.equal((await other.ask({ path })).json.resource, 'https://api.example.com/v1');
      const { headers } = await other.ask();
      assert.equal(
        headers['www-authenticate'],
        `Bearer scope="messages:read", resource_metadata="https://api.example.com${path}"`,
      );
    } finally {
      await other.stop();
    }
  });

  for (const [method, path, expected, code] of [
    ['GET', '/nowhere', 404, 'not_found'],
    ['GET', '/messages/', 404, 'not_found'],
    ['GET', '/MESSAGES', 404, 'not_found'],
    ['GET', '/%E0%A4%A', 404, 'not_found'],
    ['GET', '/..%2fmessages', 404, 'not_found'],
    ['DELETE', '/messages', 405, 'method_not_allowed'],
    ['POST', '/', 405, 'method_not_allowed'],
    ['TRACE', '/messages', 501, 'not_implemented'],
  ] as const) {
    it(`responds to ${method} ${path} with ${expected} as JSON`, async () => {
      const { status, json, headers } = await api.ask({ method, path, token: await issuer.token() });
      assert.equal(status, expected);
      assert.equal(json.error, code);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.deepEqual(api.errors, []);
    });
  }

  it('sends no X-Powered-By and no CORS header', async () => {
    const { headers } = await api.ask({
      token: await issuer.token(),
      headers: { origin: 'https://evil.example' },
    });
    assert.equal(headers['x-powered-by'], undefined);
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['cache-control'], 'no-store');
  });
});
