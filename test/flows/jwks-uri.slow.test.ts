import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { rotate, rotationSettings } from '../../src/signing/rotation.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { AssertingClient } from '../support/client-assertion.ts';
import { ClientServer } from '../support/client-server.ts';
import { withClock } from '../support/clock.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const MACHINE = {
  token_endpoint_auth_method: 'private_key_jwt' as const,
  grant_types: ['client_credentials'],
  scope: 'messages:read',
  redirect_uris: [],
  response_types: [],
};

describe('a client with jwks_uri (OpenID Connect Dynamic Client Registration §2)', () => {
  const documents = new ClientServer();
  let server: TestServer;
  let first: AssertingClient;
  let second: AssertingClient;
  before(async () => {
    await documents.start();
    first = await AssertingClient.create('robot');
    second = await AssertingClient.create('robot');
    server = await startTestServer({
      outbound: { privateNetworks: true },
      clients: [{ ...MACHINE, client_id: 'robot', jwks_uri: `${documents.origin}/robot` }],
    });
  });
  after(async () => {
    await server.stop();
    await documents.stop();
  });
  beforeEach(() => documents.reset());

  /** The clock of each test is later than all caches of the one before. */
  let elapsed = 0;
  const later = (body: (clock: { advance(seconds: number): void }) => Promise<void>) =>
    withClock(async (clock) => {
      clock.advance((elapsed += 7_200));
      await body(clock);
    });

  const one = () => first.metadata.jwks.keys[0]!;
  const two = () => ({ ...second.metadata.jwks.keys[0]!, kid: 'two' });
  function publish(keys: object[], headers: Record<string, string> = {}): void {
    documents.answer = (_request, response) =>
      void response.writeHead(200, headers).end(JSON.stringify({ keys }));
  }

  /** @returns the status, and the detail of an error */
  async function authenticate(kid: 'one' | 'two' | 'three', forged = false): Promise<string> {
    const signer = kid === 'two' ? second : first;
    const parameters = await signer.parameters(server.issuer, {}, { header: { kid }, forged });
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'messages:read',
      ...parameters,
    });
    const response = await fetch(`${server.issuer}/token`, { method: 'POST', body });
    const { error, error_detail: detail } = (await response.json()) as Record<string, string>;
    return response.ok ? '200' : `${response.status} ${error}: ${detail}`;
  }

  it('authenticates with a key of the set, which is fetched once', () =>
    later(async () => {
      publish([two(), one()]);
      const seen = await Promise.all(Array.from({ length: 5 }, () => authenticate('one')));
      assert.deepEqual([...new Set(seen), await authenticate('two')], ['200', '200']);
      assert.deepEqual(
        documents.requests.map(({ url, headers }) => [url, headers.accept]),
        [['/robot', 'application/jwk-set+json, application/json']],
      );
    }));

  it('fetches the set again for an unknown kid, once in 30 seconds', () =>
    later(async (clock) => {
      publish([one()], { 'Cache-Control': 'max-age=3600' });
      assert.equal(await authenticate('one'), '200');
      publish([one(), two()], { 'Cache-Control': 'max-age=3600' });
      const unknown =
        '401 invalid_client: no key of the client fits alg "ES256" and kid "two"; registered: EC with kid "one"';
      clock.advance(29);
      assert.equal(await authenticate('two'), unknown);
      assert.equal(documents.requests.length, 1);
      clock.advance(1);
      assert.equal(await authenticate('two'), '200');
      assert.match(await authenticate('three'), /^401 /);
      assert.match(await authenticate('one', true), /^401 .*the signature by .* fits no registered key/);
      assert.equal(documents.requests.length, 2);
      clock.advance(30);
      assert.match(await authenticate('three'), /^401 /);
      assert.match(await authenticate('three'), /^401 /);
      assert.equal(documents.requests.length, 3);
    }));

  it('fetches the set again for a key with the kid of its predecessor', () =>
    later(async (clock) => {
      publish([one()], { 'Cache-Control': 'max-age=3600' });
      assert.equal(await authenticate('one'), '200');
      publish([{ ...two(), kid: 'one' }]);
      clock.advance(30);
      const parameters = await second.parameters(server.issuer);
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters });
      assert.equal((await fetch(`${server.issuer}/token`, { method: 'POST', body })).status, 200);
      assert.match(await authenticate('one'), /^401 /);
    }));

  it('keeps the keys of a set that is current while it cannot be fetched again', () =>
    later(async (clock) => {
      publish([one()], { 'Cache-Control': 'max-age=3600' });
      assert.equal(await authenticate('one'), '200');
      documents.answer = (_request, response) => void response.writeHead(503).end();
      clock.advance(60);
      const seen = [await authenticate('two'), await authenticate('three'), await authenticate('one')];
      assert.deepEqual(
        seen.map((result) => result.slice(0, 3)),
        ['401', '401', '200'],
      );
      assert.equal(documents.requests.length, 2);
    }));

  it('uses no key after the lifetime of its set', () =>
    later(async (clock) => {
      publish([one()], { 'Cache-Control': 'max-age=120' });
      assert.equal(await authenticate('one'), '200');
      publish([two()]);
      clock.advance(119);
      assert.equal(await authenticate('one'), '200');
      clock.advance(1);
      assert.match(await authenticate('one'), /^401 .*registered: EC with kid "two"$/);
    }));

  it('gets invalid_client while the set cannot be had, and one request a minute goes out', () =>
    later(async (clock) => {
      documents.answer = (_request, response) => void response.writeHead(503).end();
      const failed = '401 invalid_client: jwks_uri could not be fetched (status): status 503';
      assert.equal(await authenticate('one'), failed);
      publish([one()]);
      clock.advance(59);
      assert.equal(await authenticate('one'), failed);
      assert.equal(documents.requests.length, 1);
      clock.advance(1);
      assert.equal(await authenticate('one'), '200');
      assert.match(
        server.logged,
        /"purpose":"jwks_uri","url":"http:\/\/127.0.0.1:\d+\/robot","failure":"status"/,
      );
    }));

  it('gets invalid_client for a document that is no key set, which is not kept', () =>
    later(async (clock) => {
      const bodies: [body: string, problem: string][] = [
        ['<html>', 'the document is not JSON'],
        ['[]', 'the document is not a JWK Set'],
        ['{"keys":{}}', 'the document is not a JWK Set'],
        ['{"keys":[null]}', 'the document is not a JWK Set'],
        [JSON.stringify({ keys: Array.from({ length: 41 }, one) }), 'the document has more than 40 keys'],
      ];
      for (const [body, problem] of bodies) {
        documents.answer = (_request, response) => void response.end(body);
        assert.equal(await authenticate('one'), `401 invalid_client: no keys at jwks_uri: ${problem}`);
        clock.advance(30);
      }
      publish([one()]);
      assert.equal(await authenticate('one'), '200');
    }));

  it('has the usable keys of a set, whatever else is in it', () =>
    later(async () => {
      const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
      publish([weak, { kty: 'AKP' }, { ...two(), use: 'enc' }, { kty: 'oct', k: 'AAAA' }, {}, one()]);
      assert.equal(await authenticate('one'), '200');
      const detail = await authenticate('two');
      assert.match(
        detail,
        /registered: EC with kid "two" for encryption, EC with kid "one"; keys\.0 is an RSA key of 1024 bits.*keys\.3 is not public/,
      );
    }));

  it('keeps the set while the signing keys of the server rotate', () =>
    later(async () => {
      publish([one()]);
      assert.equal(await authenticate('one'), '200');
      const now = Math.floor(Date.now() / 1000);
      await rotate(keyFiles(server.config.keys), rotationSettings(server.config), now);
      await server.running.followKeys();
      assert.equal(await authenticate('one'), '200');
      assert.equal(documents.requests.length, 1);
    }));
});
