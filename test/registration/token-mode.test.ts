import assert from 'node:assert/strict';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import {
  createInitialTokens,
  type InitialTokens,
} from '../../src/clients/self-registration/initial-tokens.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { APP, outcome, register } from './client.ts';

const VENDOR = 'https://vendor.example';
const REFUSED = '401 invalid_token: initial access token is unknown, expired or used up';

describe('Registration with tokens and software statements', () => {
  let server: TestServer;
  let store: Store;
  let tokens: InitialTokens;
  let sign: (claims: JWTPayload, alg?: string) => Promise<string>;
  before(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    sign = (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kty: 'EC' as const }] };
    server = await startTestServer({
      registration: { mode: 'token', softwareStatements: [{ issuer: VENDOR, jwks }] },
    });
    store = await openStore(server.config.store, { clock: Date.now });
    tokens = createInitialTokens({ artifacts: store.artifacts, clock: Date.now });
  });
  after(async () => {
    await store.close();
    await server.stop();
  });

  it('needs an initial access token, and says so (RFC 6750 §3)', async () => {
    const answer = await register(server.issuer, APP);
    assert.equal(outcome(answer), '401 invalid_token: initial access token is missing');
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token"/);
    assert.equal(outcome(await register(server.issuer, APP, { token: 'x'.repeat(43) })), REFUSED);
    const headers = { Authorization: 'Basic eDp5' };
    assert.equal((await register(server.issuer, APP, { headers })).status, 401);
  });

  it('registers as many clients as the token has uses, also at the same time', async () => {
    const token = await tokens.add({ name: 'once', terms: { scopes: ['openid'] }, usesLeft: 1 });
    // An invalid request costs no use.
    assert.equal((await register(server.issuer, {}, { token })).status, 400);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => register(server.issuer, APP, { token })),
    );
    const statuses = answers.map(outcome).toSorted();
    assert.deepEqual(statuses, ['201', ...Array.from({ length: 9 }, () => REFUSED)]);
  });

  it('allows the scopes and hosts of the token, and marks its clients', async () => {
    const terms = { scopes: ['openid', 'messages:read'], hosts: ['*.partner.example'] };
    const token = await tokens.add({ name: 'partner', terms });
    const redirect = { redirect_uris: ['https://app.partner.example/cb'] };
    const { body } = await register(
      server.issuer,
      {
        ...redirect,
        scope: 'openid email messages:read',
        grant_types: ['client_credentials', 'authorization_code'],
      },
      { token },
    );
    assert.equal(body.scope, 'openid messages:read');
    assert.deepEqual(body.grant_types, ['client_credentials', 'authorization_code']);
    const stored = await store.clients.find(String(body.client_id));
    assert.equal(stored?.registration?.initialToken, 'partner');
    const elsewhere = await register(server.issuer, APP, { token });
    assert.match(
      outcome(elsewhere),
      /^400 invalid_redirect_uri: .* has a host that this server does not allow$/,
    );
  });

  it('takes the values of a statement of a trusted issuer before those of the client (RFC 7591 §2.3)', async () => {
    const token = await tokens.add({ name: 'vendor', terms: { scopes: ['openid'] } });
    const statement = await sign({ iss: VENDOR, software_id: 'vendor-app', client_name: 'Vendor App' });
    const body = { ...APP, client_name: 'Other', software_statement: statement };
    const { body: registered } = await register(server.issuer, body, { token });
    assert.equal(registered.client_name, 'Vendor App');
    assert.equal(registered.software_id, 'vendor-app');
    assert.equal(registered.software_statement, statement);
    const stored = await store.clients.find(String(registered.client_id));
    assert.equal(stored?.registration?.statement?.issuer, VENDOR);
  });

  it('refuses statements of others, forged, changed and expired ones (RFC 7591 §3.2.2)', async () => {
    const token = await tokens.add({ name: 'forger', terms: { scopes: ['openid'] } });
    const codeOf = async (statement: unknown): Promise<unknown> =>
      (await register(server.issuer, { ...APP, software_statement: statement }, { token })).body.error;
    const good = await sign({ iss: VENDOR, software_id: 'a' });
    const [header = '', , signature = ''] = good.split('.');
    const changed = Buffer.from(JSON.stringify({ iss: VENDOR, software_id: 'b' })).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    assert.equal(await codeOf(await sign({ iss: 'https://other.example' })), 'unapproved_software_statement');
    assert.equal(await codeOf(await sign({})), 'unapproved_software_statement');
    for (const statement of [
      [header, changed, signature].join('.'),
      [none, changed, ''].join('.'),
      await sign({ iss: VENDOR, exp: 1_700_000_000 }),
      'x',
      1,
    ]) {
      assert.equal(await codeOf(statement), 'invalid_software_statement');
    }
  });
});
