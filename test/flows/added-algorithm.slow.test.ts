import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { ANNOUNCEMENT } from '../../src/signing/key-state.ts';
import { rotate, rotationSettings } from '../../src/signing/rotation.ts';
import { keyFiles } from '../../src/signing/sources/files.ts';
import { withClock } from '../support/clock.ts';
import { authorizationRequest, MACHINE, signIn, token, WEB } from '../support/flow.ts';
import { verifyJwt } from '../support/jwt.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { placeSigningKeys } from '../support/signing-key.ts';

const SECRET = 'a-secret-of-more-than-32-characters';
const API = 'https://orders.example';
const APP = { id: 'app', secret: SECRET, redirectUri: WEB.redirectUri };

describe('An algorithm that is configured when the server already has keys', () => {
  let directory: string;
  let server: TestServer;
  before(async () => {
    directory = makeMemoryDirectory('signet-keys');
    const keys = join(directory, 'keys');
    await placeSigningKeys(keys);
    server = await startTestServer({
      keys,
      signingAlgorithms: ['ES256'],
      apis: [{ audience: API, name: 'Orders', scopes: { orders: 'Orders' }, signingAlgorithm: 'ES256' }],
      clients: [
        {
          client_id: APP.id,
          client_secret: SECRET,
          redirect_uris: [APP.redirectUri],
          grant_types: ['authorization_code', 'client_credentials'],
          scope: 'openid orders',
          id_token_signed_response_alg: 'ES256',
          first_party: true,
        },
      ],
    });
  });
  after(async () => {
    await server.stop();
    rmSync(directory, { recursive: true });
  });

  const grant = { grant_type: 'client_credentials' };
  /** `200 ES256`, and the answers in front of the engine and by it must be alike. */
  async function issued(parameters: Record<string, string>, client: typeof MACHINE): Promise<string> {
    const seen = new Set<string>();
    for (const more of [{}, { 'unknown-parameter': '1' }]) {
      const { response, body } = await token(server.issuer, { ...grant, ...parameters, ...more }, client);
      const { error, access_token: jwt } = body;
      seen.add(`${response.status} ${error ?? decodeProtectedHeader(jwt).alg}`);
    }
    return [...seen].join(', ');
  }
  const idToken = async () => await signIn(server.issuer, { client: APP, parameters: { scope: 'openid' } });

  /** At both paths. */
  async function listed(): Promise<string> {
    const lists = ['openid-configuration', 'oauth-authorization-server'].map(async (name) => {
      const response = await fetch(`${server.issuer}/.well-known/${name}`);
      const metadata = (await response.json()) as { id_token_signing_alg_values_supported: string[] };
      return metadata.id_token_signing_alg_values_supported.join();
    });
    return [...new Set(await Promise.all(lists))].join(' and ');
  }

  it('signs when its first key has been announced; until then its tokens are refused, and no others', async () => {
    await withClock(async (clock) => {
      const unavailable = '503 temporarily_unavailable';
      assert.equal(await listed(), 'RS256,HS256');
      assert.equal(await issued({ scope: 'orders' }, APP), unavailable);
      assert.equal(await issued({ scope: 'messages:read' }, MACHINE), '200 RS256');
      assert.equal((await idToken()).tokens.error, 'temporarily_unavailable');
      const { tokens } = await signIn(server.issuer);
      assert.equal(decodeProtectedHeader(tokens.id_token as string).alg, 'RS256');

      clock.advance(ANNOUNCEMENT);
      await server.running.followKeys();
      assert.equal(await listed(), 'RS256,ES256,HS256');
      assert.equal(await issued({ scope: 'orders' }, APP), '200 ES256');
      assert.equal(await issued({ scope: 'messages:read' }, MACHINE), '200 RS256');
      const { tokens: signed } = await idToken();
      await verifyJwt(signed.id_token as string, server.issuer, APP.id, 'ES256');
    });
  });

  it('rotates by itself: tokens and hints of the old key still count', async () => {
    await withClock(async (clock) => {
      clock.advance(ANNOUNCEMENT);
      await server.running.followKeys();
      const { agent, tokens } = await idToken();
      const settings = rotationSettings(server.config);
      const now = Math.floor(Date.now() / 1000);
      const { kid } = await rotate(keyFiles(server.config.keys), settings, now, { alg: 'ES256' });
      clock.advance(ANNOUNCEMENT);
      await server.running.followKeys();
      const hint = tokens.id_token as string;
      assert.notEqual(decodeProtectedHeader(hint).kid, kid);
      await verifyJwt(hint, server.issuer, APP.id, 'ES256');
      const { url } = await agent.follow(
        authorizationRequest(server.issuer, {
          client_id: APP.id,
          redirect_uri: APP.redirectUri,
          scope: 'openid',
          prompt: 'none',
          id_token_hint: hint,
        }).url,
      );
      assert.ok(url.searchParams.has('code'), url.href);
      const { tokens: fresh } = await idToken();
      assert.equal(decodeProtectedHeader(fresh.id_token as string).kid, kid);
    });
  });
});
