import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { SignJWT } from 'jose';
import { type Documents, startDocuments } from '../interop/support/documents.ts';
import { authorizationRequest, authorize } from '../support/flow.ts';
import { findOrInstall } from '../support/find-or-install.ts';
import { freePort } from '../support/free-port.ts';
import { makeMemoryDirectory } from '../support/memory-directory.ts';
import { type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { skip } from '../support/skip.ts';
import { UserAgent } from '../support/user-agent.ts';

const CALLBACK = 'http://127.0.0.1:4711/callback';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** In a process of its own: certificates are those that Node trusts at its start. */
describe('A metadata document over TLS', () => {
  const directory = makeMemoryDirectory('documents');
  let documents: Documents;
  let server: ServerProcess;
  let issuer: string;
  before(async function () {
    this.timeout(30_000);
    if ((await findOrInstall(['openssl'], 'openssl')) === undefined)
      skip(this, 'openssl is missing', 'apt-get install openssl');
    documents = await startDocuments(directory);
    const port = await freePort();
    issuer = `http://localhost:${port}`;
    const config = {
      issuer,
      port,
      log: { format: 'json' },
      // The host is on this machine.
      outbound: { privateNetworks: true },
      registration: { documents: ['localhost'] },
    };
    writeFileSync(join(directory, 'signet.yaml'), dump(config));
    server = await startServerProcess(directory, { NODE_EXTRA_CA_CERTS: documents.certificateFile });
  });
  after(async () => {
    await server?.end('SIGTERM');
    documents?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is a client with private_key_jwt, whose keys are behind jwks_uri', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const jwksUri = documents.publish({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] });
    const clientId = documents.publish({
      client_name: 'Agent',
      redirect_uris: ['http://127.0.0.1/callback'],
      application_type: 'native',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: jwksUri,
    });
    const request = authorizationRequest(issuer, {
      client_id: clientId,
      redirect_uri: CALLBACK,
      scope: 'openid',
    });
    const callback = await authorize(new UserAgent(), request);
    const redeem = async (fields: Record<string, string>): Promise<[number, unknown]> => {
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        code: String(callback.searchParams.get('code')),
        redirect_uri: CALLBACK,
        code_verifier: request.verifier,
        ...fields,
      });
      const response = await fetch(`${issuer}/token`, { method: 'POST', body });
      const { error, token_type: type } = (await response.json()) as Record<string, unknown>;
      return [response.status, error ?? type];
    };
    const assertion = await new SignJWT({ jti: 'one' })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'k' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey);
    assert.deepEqual(await redeem({}), [401, 'invalid_client']);
    const credentials = { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
    assert.deepEqual(await redeem(credentials), [200, 'Bearer']);
  });
});
