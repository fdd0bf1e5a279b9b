import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { compactDecrypt } from 'jose';
import { ClientServer } from '../support/client-server.ts';
import { withClock } from '../support/clock.ts';
import { basic } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const CLIENT = { id: 'api', secret: 'a-secret-of-more-than-32-characters' };
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const JWK = publicKey.export({ format: 'jwk' });

describe('Responses that are encrypted with a key at jwks_uri', () => {
  const documents = new ClientServer();
  let server: TestServer;
  before(async () => {
    await documents.start();
    server = await startTestServer({
      outbound: { privateNetworks: true },
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          grant_types: [],
          jwks_uri: `${documents.origin}/keys`,
          introspection_encrypted_response_alg: 'ECDH-ES',
        },
      ],
    });
  });
  after(async () => {
    await server.stop();
    await documents.stop();
  });

  /** The clock of each test is later than all caches of the one before. */
  let elapsed = 0;
  async function introspect(status: number, body: string): Promise<string> {
    documents.answer = (_request, response) => void response.writeHead(status).end(body);
    let seen = '';
    await withClock(async (clock) => {
      clock.advance((elapsed += 7_200));
      const response = await fetch(`${server.issuer}/introspect`, {
        method: 'POST',
        headers: { Authorization: basic(CLIENT), Accept: 'application/token-introspection+jwt' },
        body: new URLSearchParams({ token: 'unknown' }),
      });
      const text = await response.text();
      if (!response.ok) {
        const { error, error_detail: detail } = JSON.parse(text) as Record<string, string>;
        seen = `${response.status} ${error}: ${detail}`;
        return;
      }
      const { protectedHeader } = await compactDecrypt(text, privateKey);
      seen = `${response.status} ${protectedHeader.alg} ${protectedHeader.enc}`;
    });
    return seen;
  }
  const keys = (...all: object[]) => JSON.stringify({ keys: all });
  const NO_KEY =
    '400 invalid_client_metadata: the client has no key with use "enc" for ECDH-ES, which its responses are encrypted with';

  it('opens with that key', async () => {
    assert.equal(await introspect(200, keys({ ...JWK, use: 'enc' })), '200 ECDH-ES A128CBC-HS256');
  });

  it('is an error of the client when the set has no key for encryption, or one that is for signatures too', async () => {
    assert.equal(await introspect(200, keys(JWK)), NO_KEY);
    assert.equal(await introspect(200, keys({ ...JWK, use: 'sig' })), NO_KEY);
    assert.equal(await introspect(200, keys(JWK, { ...JWK, use: 'enc' })), NO_KEY);
  });

  it('is an error of the client when there are no keys', async () => {
    assert.match(
      await introspect(500, ''),
      /^400 invalid_client_metadata: jwks_uri could not be fetched \(status\)/,
    );
    assert.match(await introspect(200, 'x'), /^400 invalid_client_metadata: no keys at jwks_uri/);
  });
});
