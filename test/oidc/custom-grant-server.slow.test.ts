import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Command } from 'commander';
import { GRANT_TYPE_NAMES } from '../../src/clients/grant-types.ts';
import type { startServer } from '../../src/app/server.ts';
import type { addClientOptions } from '../../src/cli/client-options.ts';
import type { checkRegistration } from '../../src/clients/registration.ts';
import { documentedGrantTypes } from '../docs/client-page.ts';
import { API, basic, MACHINE, token } from '../support/flow.ts';
import { decodeProtectedHeader, verifyJwt } from '../support/jwt.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import type { SourceCopy } from '../support/source-copy.ts';
import { echo } from './echo-grant.ts';
import { sourceWithEcho } from './echo-source.ts';

const CLIENT = { id: 'echoer', secret: 'the-secret-of-the-echo-client-in-this-test' };
const METADATA = { grant_types: [echo.grantType], scope: 'messages:read messages:write' };

/** What follows from a new grant: a file in `oidc/grants/`, a row in `clients/grant-types.ts`, an entry in `oidc/grants/grants.ts`. */
describe('A grant that is a file of its own', () => {
  let source: SourceCopy;
  let server: TestServer;
  before(async () => {
    source = sourceWithEcho();
    const { startServer: start } = await source.load<{ startServer: typeof startServer }>(
      'src/app/server.ts',
    );
    const reports = {
      audience: 'https://reports.example',
      name: 'Reports',
      scopes: { reports: 'Reports' },
      signingAlgorithm: 'ES256' as const,
    };
    const client = { client_id: CLIENT.id, client_secret: CLIENT.secret, ...METADATA };
    const reader = { ...client, client_id: 'reader', scope: 'messages:read reports' };
    server = await startTestServer(
      { signingAlgorithms: ['ES256'], apis: [reports], clients: [client, reader] },
      start,
    );
  });
  after(async () => {
    await server.stop();
    source.remove();
  });

  const request = (parameters: Record<string, string>, client = CLIENT) =>
    token(server.issuer, { grant_type: echo.grantType, message: 'hello', ...parameters }, client);

  it('is in grant_types_supported (RFC 8414 §2)', async () => {
    const response = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`);
    const metadata = (await response.json()) as { grant_types_supported: string[] };
    assert.deepEqual(
      metadata.grant_types_supported.toSorted(),
      [...GRANT_TYPE_NAMES, 'urn:example:echo'].toSorted(),
    );
  });

  it('issues a JWT access token for the API, and its own members', async () => {
    const { response, body } = await request({ scope: 'messages:read' });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.deepEqual(Object.keys(body).toSorted(), [
      'access_token',
      'expires_in',
      'message',
      'scope',
      'token_type',
    ]);
    assert.deepEqual([body.scope, body.token_type], ['messages:read', 'Bearer']);
    assert.equal(decodeProtectedHeader(body.access_token).typ, 'at+jwt');
    const claims = await verifyJwt(body.access_token, server.issuer, API);
    assert.deepEqual(
      [claims.sub, claims.client_id, claims.scope, Number(claims.exp) - Number(claims.iat)],
      [CLIENT.id, CLIENT.id, 'messages:read', body.expires_in],
    );
  });

  it('resolves APIs, scopes and default scopes like the client credentials grant', async () => {
    const reader = { id: 'reader', secret: CLIENT.secret };
    assert.equal((await request({})).body.scope, 'messages:read messages:write');
    assert.equal((await request({ resource: API })).body.scope, 'messages:read messages:write');
    assert.equal((await request({ scope: 'openid' })).body.error, 'invalid_scope');
    assert.equal((await request({ scope: 'reports' })).body.error, 'invalid_scope');
    assert.equal((await request({ resource: 'https://reports.example' })).body.error, 'invalid_target');
    assert.equal((await request({}, reader)).body.error, 'invalid_target');
    const { body } = await request({ scope: 'reports' }, reader);
    await verifyJwt(body.access_token, server.issuer, 'https://reports.example', 'ES256');
    const other = await request({ scope: 'reports', resource: API }, reader);
    assert.equal(other.body.error, 'invalid_scope');
  });

  it('gets its own parameters, each once, and one resource', async () => {
    const send = async (body: string) => {
      const response = await fetch(`${server.issuer}/token`, {
        method: 'POST',
        headers: { Authorization: basic(CLIENT), 'Content-Type': 'application/x-www-form-urlencoded' },
        body: `grant_type=${echo.grantType}&${body}`,
      });
      const { error } = (await response.json()) as { error?: string };
      return error ?? response.status;
    };
    const api = `resource=${encodeURIComponent(API)}`;
    assert.equal(await send('message=a'), 200);
    assert.equal(await send('message=a&code=unknown-here'), 200);
    assert.equal(await send('scope=messages:read'), 'invalid_request');
    assert.equal(await send('message=a&message=b'), 'invalid_request');
    assert.equal(await send(`message=a&${api}&${api}`), 'invalid_target');
  });

  it('is for clients that are registered for it (RFC 6749 §5.2)', async () => {
    assert.equal((await request({}, MACHINE)).body.error, 'unauthorized_client');
    assert.equal((await request({}, { ...CLIENT, secret: 'wrong' })).body.error, 'invalid_client');
  });

  it('is introspected, revoked, recorded and counted like other grants', async () => {
    const { body } = await request({ scope: 'messages:read' });
    const post = async (path: string, client: { id: string; secret: string }) =>
      await (
        await fetch(server.issuer + path, {
          method: 'POST',
          headers: { Authorization: basic(client) },
          body: new URLSearchParams({ token: body.access_token }),
        })
      ).text();
    const introspect = async () =>
      JSON.parse(await post('/introspect', { id: 'demo-api', secret: 'demo-api-secret' }));
    assert.equal((await introspect()).active, true);
    await post('/revoke', CLIENT);
    assert.deepEqual(await introspect(), { active: false });

    const exposed = await server.running.metrics.expose();
    assert.match(exposed, /^signet_tokens_issued_total\{grant_type="urn:example:echo"\} [1-9]/m);
    await server.running.close();
    const database = new DatabaseSync(join(server.directory, 'signet.db'), { readOnly: true });
    const events = database
      .prepare(`SELECT client_id, detail FROM audit WHERE type = 'token.issued' ORDER BY id DESC LIMIT 1`)
      .all();
    database.close();
    await server.restart();
    assert.deepEqual(
      events.map(({ client_id, detail }) => [client_id, JSON.parse(String(detail))]),
      [[CLIENT.id, { grantType: 'urn:example:echo', scope: 'messages:read' }]],
    );
  });

  it('is accepted in client metadata, with its own rules', async () => {
    const { checkRegistration: check } = await source.load<{ checkRegistration: typeof checkRegistration }>(
      'src/clients/registration.ts',
    );
    const problems = (metadata: object) =>
      check({ client_id: 'x', ...METADATA, ...metadata }, server.config).problems;
    assert.deepEqual(problems({}), []);
    assert.deepEqual(problems({ token_endpoint_auth_method: 'none' }), [
      'grant_types: urn:example:echo needs a client that authenticates (Echo Grant §1)',
    ]);
    assert.match(problems({ scope: '' }).join(), /^scope: urn:example:echo gives no token without a scope/);
    assert.match(problems({ grant_types: ['urn:example:ech'] }).join(), /must be .*urn:example:echo/);
  });

  it('is in the help of `signet client add`, and missing in the documents', async () => {
    const { addClientOptions: add } = await source.load<{ addClientOptions: typeof addClientOptions }>(
      'src/cli/client-options.ts',
    );
    assert.match(add(new Command()).helpInformation(), /\burn:example:echo\b/);
    const page = readFileSync(join(import.meta.dirname, '../../docs/clients.md'), 'utf8');
    const { GRANT_TYPE_NAMES } = await source.load<{ GRANT_TYPE_NAMES: string[] }>(
      'src/clients/grant-types.ts',
    );
    const documented = new Set(documentedGrantTypes(page));
    assert.deepEqual(
      GRANT_TYPE_NAMES.filter((type) => !documented.has(type)),
      ['urn:example:echo'],
    );
  });
});
