import assert from 'node:assert/strict';
import { SignJWT } from 'jose';
import { ClientServer } from '../support/client-server.ts';
import { byValue, SigningClient } from '../support/request-object.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

describe('Keys of request objects', () => {
  const documents = new ClientServer();
  let server: TestServer;
  let client: SigningClient;
  before(async () => {
    client = await SigningClient.create('signing');
    await documents.start();
    const { jwks: _none, ...plain } = client.metadata;
    server = await startTestServer({
      outbound: { privateNetworks: true },
      clients: [
        client.metadata,
        { ...plain, client_id: 'hmac', request_object_signing_alg: 'HS256' },
        {
          ...plain,
          client_id: 'fetched',
          jwks_uri: `${documents.origin}/keys`,
          require_signed_request_object: true,
        },
      ],
    });
  });
  after(async () => {
    await server.stop();
    await documents.stop();
  });

  const claimsOf = (id: string) => ({ ...client.claims(server.issuer), iss: id, client_id: id });

  /** @returns the error, or the beginning of the address where the sign-in goes on */
  async function answerTo(id: string, request: string): Promise<string | undefined> {
    const url = byValue(server.issuer, { client_id: id, request, redirect_uri: client.redirectUri });
    const response = await new UserAgent().get(url);
    const to = new URL(String(response.headers.get('location')), server.issuer);
    return to.searchParams.get('error') ?? to.pathname.split('/')[1];
  }

  it('HS256 with the secret, of a client that is registered for it', async () => {
    const by = async (id: string, secret: string): Promise<string | undefined> => {
      const jwt = new SignJWT(claimsOf(id)).setProtectedHeader({ alg: 'HS256' });
      return await answerTo(id, await jwt.sign(new TextEncoder().encode(secret)));
    };
    assert.equal(await by('hmac', client.secret), 'interaction');
    assert.equal(await by('hmac', 'another-secret-of-thirty-two-characters'), 'invalid_request_object');
    assert.equal(await by(client.id, client.secret), 'invalid_request_object');
  });

  it('from jwks_uri', async () => {
    documents.answer = (_request, response) => void response.end(JSON.stringify({ keys: [client.jwk] }));
    assert.equal(await answerTo('fetched', await client.sign(claimsOf('fetched'))), 'interaction');
    const other = await SigningClient.create('other');
    assert.equal(await answerTo('fetched', await other.sign(claimsOf('fetched'))), 'invalid_request_object');
    assert.ok(documents.requests.every(({ url }) => url === '/keys') && documents.requests.length > 0);
  });
});
