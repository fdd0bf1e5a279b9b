import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import * as oauth from 'oauth4webapi';
import { RESPONSE_TYPES } from '../../src/clients/response-types.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

describe('discovery and keys', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer();
  });
  after(() => server.stop());

  it('is accepted by an independent client at both well-known paths (OIDC Discovery §4, RFC 8414 §3)', async () => {
    for (const algorithm of ['oidc', 'oauth2'] as const) {
      const issuer = new URL(server.issuer);
      const response = await oauth.discoveryRequest(issuer, {
        algorithm,
        [oauth.allowInsecureRequests]: true,
      });
      const metadata = await oauth.processDiscoveryResponse(issuer, response);
      assert.equal(metadata.issuer, server.issuer);
      for (const [name, value] of Object.entries(metadata)) {
        if (name.endsWith('_endpoint') || name === 'jwks_uri') {
          assert.ok(typeof value === 'string' && value.startsWith(`${server.issuer}/`), name);
        }
      }
      assert.deepEqual(metadata.response_types_supported, [...RESPONSE_TYPES]);
      assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
      assert.deepEqual(metadata.id_token_signing_alg_values_supported, ['RS256', 'HS256']);
      assert.equal(metadata.authorization_response_iss_parameter_supported, true);
      assert.equal(metadata.registration_endpoint, undefined);
      const scopes = ['address', 'email', 'groups', 'offline_access', 'openid', 'phone', 'profile'];
      assert.deepEqual(metadata.scopes_supported?.toSorted(), scopes);
      assert.equal(metadata.protected_resources, undefined);
    }
  });

  it('publishes the signing key with kid, use and alg, and supports caches and conditional requests', async () => {
    const response = await fetch(`${server.issuer}/jwks`);
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
    assert.equal(keys.length, 1);
    const [key] = keys as [Record<string, unknown>];
    assert.deepEqual([key.kty, key.use, key.alg], ['RSA', 'sig', 'RS256']);
    assert.equal(key.d, undefined);
    assert.equal(response.headers.get('cache-control'), 'public, max-age=300');
    const etag = response.headers.get('etag') as string;
    const again = await fetch(`${server.issuer}/jwks`, {
      headers: { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' },
    });
    assert.equal(again.status, 304);
  });

  for (const path of ['/jwks', '/.well-known/openid-configuration']) {
    it(`${path}: pages of every origin may send every header`, async () => {
      const { status, headers } = await fetch(server.issuer + path, {
        method: 'OPTIONS',
        headers: {
          Origin: 'https://app.example',
          'Access-Control-Request-Method': 'GET',
          'Access-Control-Request-Headers': 'x-requested-with',
        },
      });
      assert.equal(status, 204);
      assert.match(headers.get('access-control-allow-origin') ?? '', /^(?:\*|https:\/\/app\.example)$/);
      assert.match(
        headers.get('access-control-allow-headers') ?? '',
        /^(?:\*, Authorization|x-requested-with)$/,
      );
    });
  }

  it('keeps the key across a restart', async () => {
    const before = await (await fetch(`${server.issuer}/jwks`)).text();
    await server.restart();
    assert.equal(await (await fetch(`${server.issuer}/jwks`)).text(), before);
  });

  it('accepts one host and one spelling of each path', async () => {
    const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      new Promise<number>((resolve, reject) => {
        const port = Number(new URL(server.issuer).port);
        httpRequest(
          { host: '127.0.0.1', port, path, method, headers: { Host: `localhost:${port}`, ...headers } },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        )
          .on('error', reject)
          .end();
      });
    assert.equal(await ask('/.well-known/openid-configuration'), 200);
    assert.equal(await ask('/.well-known/openid-configuration', { Host: 'evil.example' }), 421);
    assert.equal(await ask('http://evil.example/jwks'), 421);
    assert.equal(await ask('/jwks', { 'X-Forwarded-Host': 'evil.example' }), 200);
    for (const path of ['/JWKS', '/jwks/', '//jwks', '/%6awks', '/jwks/../token', '/Authorize']) {
      assert.equal(await ask(path), 404, path);
    }
    const leads = async (path: string, method = 'GET') => {
      const { status, headers } = await fetch(server.issuer + path, { method, redirect: 'manual' });
      return [status, headers.get('location')];
    };
    assert.deepEqual(await leads('/account/sessions/?after=x'), [308, '/account/sessions?after=x']);
    assert.deepEqual(await leads('/account/', 'HEAD'), [308, '/account']);
    for (const path of [
      '/authorize/',
      '/account//',
      '//account/',
      '//evil.example/',
      '/account/x/',
      '/assets/x/',
    ])
      assert.equal((await leads(path))[0], 404, path);
    assert.equal((await leads('/account/profile/', 'POST'))[0], 404);
    for (const method of ['GET', 'PUT', 'DELETE', 'TRACE', 'HEAD'])
      assert.equal(await ask('/token', {}, method), 405, method);
  });
});
