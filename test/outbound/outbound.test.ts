import assert from 'node:assert/strict';
import { ClientServer } from '../support/client-server.ts';
import { testOutbound } from './fixture.ts';

const MINUTE = 60_000;
const purpose = 'jwks_uri';

describe('an outbound request', () => {
  const client = new ClientServer();
  before(() => client.start());
  beforeEach(() => client.reset());
  after(() => client.stop());

  const cacheControl = (value: string) => {
    client.answer = (_request, response) => void response.setHeader('Cache-Control', value).end('{}');
  };

  it('gets a document, with no header that names a browser or a person', async () => {
    client.answer = (_request, response) =>
      void response.setHeader('Content-Type', 'Application/JWK-Set+JSON; charset=utf-8').end('{"keys":[]}');
    const outbound = testOutbound();
    const { body, mediaType } = await outbound.get(`${client.origin}/keys?a=1#part`, { purpose });
    assert.deepEqual([body.toString(), mediaType], ['{"keys":[]}', 'application/jwk-set+json']);
    const [{ method, url, headers } = assert.fail()] = client.requests;
    assert.deepEqual([method, url], ['GET', '/keys?a=1']);
    assert.deepEqual(headers, {
      host: `127.0.0.1:${client.port}`,
      connection: 'close',
      'user-agent': 'Signet',
      accept: 'application/json',
      'accept-encoding': 'identity',
    });
    assert.deepEqual(outbound.counted, ['jwks_uri succeeded']);
  });

  it('is sent once by callers at the same time', async () => {
    const outbound = testOutbound();
    const found = await Promise.all(
      Array.from({ length: 20 }, () => outbound.get(client.origin, { purpose })),
    );
    assert.equal(new Set(found).size, 1);
    assert.equal(client.requests.length, 1);
  });

  it('is answered from the cache for max-age, between a minute and an hour', async () => {
    const lifetimes: [string, number][] = [
      ['max-age=300', 5],
      ['public, max-age=1', 1],
      ['no-store', 1],
      ['no-cache, max-age=3600', 1],
      ['max-age=999999', 60],
      ['', 5],
      ['private, max-age="120"', 2],
    ];
    for (const [value, minutes] of lifetimes) {
      cacheControl(value);
      const outbound = testOutbound();
      const first = await outbound.get(client.origin, { purpose });
      outbound.now += minutes * MINUTE - 1;
      assert.equal(await outbound.get(`${client.origin}/`, { purpose }), first, value);
      outbound.now += 1;
      assert.notEqual(await outbound.get(client.origin, { purpose }), first, value);
    }
  });

  it('is sent again on demand, once in 30 seconds', async () => {
    const outbound = testOutbound();
    const first = await outbound.get(client.origin, { purpose, refetch: true });
    outbound.now += 29_999;
    assert.equal(await outbound.get(client.origin, { purpose, refetch: true }), first);
    outbound.now += 1;
    const second = await outbound.get(client.origin, { purpose, refetch: true });
    assert.notEqual(second, first);
    assert.equal(await outbound.get(client.origin, { purpose }), second);
  });

  it('fails for a minute after a failure, without another request', async () => {
    client.answer = (_request, response) => void response.writeHead(500).end();
    const outbound = testOutbound();
    const get = (refetch: boolean) => outbound.get(client.origin, { purpose, refetch });
    await assert.rejects(get(false), { failure: 'status', detail: 'status 500' });
    client.answer = (_request, response) => void response.end('{}');
    outbound.now += MINUTE - 1;
    await assert.rejects(get(true), { failure: 'status' });
    assert.equal(client.requests.length, 1);
    outbound.now += 1;
    await get(false);
  });

  it('for another media type neither gets nor spoils the document', async () => {
    client.answer = ({ headers }, response) =>
      void response.writeHead(String(headers.accept).includes('image/') ? 406 : 200).end('{}');
    const outbound = testOutbound();
    const logo = { purpose: 'logo_uri', accept: 'image/png' } as const;
    await assert.rejects(outbound.get(client.origin, logo), { failure: 'status' });
    assert.equal(String((await outbound.get(client.origin, { purpose })).body), '{}');
  });

  it('that fails leaves the document that is current', async () => {
    cacheControl('max-age=120');
    const outbound = testOutbound();
    const first = await outbound.get(client.origin, { purpose });
    client.answer = (request) => void request.socket.destroy();
    outbound.now += MINUTE;
    assert.equal(await outbound.get(client.origin, { purpose, refetch: true }), first);
    assert.equal(await outbound.get(client.origin, { purpose, refetch: true }), first);
    assert.equal(client.requests.length, 2);
    outbound.now += MINUTE;
    await assert.rejects(outbound.get(client.origin, { purpose }), { failure: 'connection' });
  });

  it('posts a form, and returns the status and the time to wait', async () => {
    const outbound = testOutbound();
    client.answer = (_request, response) =>
      void response.writeHead(429, { 'Retry-After': '120' }).end('wait');
    const form = { logout_token: 'a.b+c', more: 'ä&' };
    const post = () => outbound.post(`${client.origin}/logout`, { purpose: 'backchannel_logout_uri', form });
    assert.deepEqual(await post(), { status: 429, retryAfter: 120 });
    const [{ method, headers, body } = assert.fail()] = client.requests;
    assert.deepEqual(
      [method, headers['content-type'], body],
      ['POST', 'application/x-www-form-urlencoded', 'logout_token=a.b%2Bc&more=%C3%A4%26'],
    );
    client.answer = (_request, response) => {
      response.writeHead(503, { 'Retry-After': new Date(outbound.now + 90_000).toUTCString() }).end();
    };
    assert.deepEqual(await post(), { status: 503, retryAfter: 90 });
    client.answer = (_request, response) => void response.writeHead(200, { 'Retry-After': 'soon' }).end();
    assert.deepEqual(await post(), { status: 200, retryAfter: undefined });
  });

  it('that fails is counted by its purpose and logged, without the query', async () => {
    client.answer = (_request, response) => void response.writeHead(404).end();
    const outbound = testOutbound();
    await assert.rejects(outbound.get(`${client.origin}/a?secret=1`, { purpose: 'request_uri' }));
    const url = `${client.origin}/a`;
    assert.deepEqual(outbound.logged, [
      { purpose: 'request_uri', url, failure: 'status', detail: 'status 404' },
    ]);
    assert.deepEqual(outbound.counted, ['request_uri status']);
  });

  it('waits for a slot: eight at a time for one host', async () => {
    let running = 0;
    let most = 0;
    client.answer = (_request, response) => {
      most = Math.max(most, ++running);
      setImmediate(() => {
        running -= 1;
        response.end('{}');
      });
    };
    const outbound = testOutbound();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => outbound.get(`${client.origin}/${index}`, { purpose })),
    );
    assert.equal(client.requests.length, 40);
    assert.ok(most <= 8, `${most} at a time`);
  });
});
