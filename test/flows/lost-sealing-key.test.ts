import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { signIn, WEB } from '../support/flow.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer } from '../support/server.ts';

describe('A lost sealing key', () => {
  it('is a 503 for the clients that need it, and the log names the file', async () => {
    const server = await startTestServer();
    const operator = await operate(server);
    try {
      const web = { redirect_uris: [WEB.redirectUri], first_party: true };
      const hmac = await operator.clients.add({ ...web, id_token_signed_response_alg: 'HS256' });
      const asserting = await operator.clients.add({
        ...web,
        token_endpoint_auth_method: 'client_secret_jwt',
      });
      const file = join(server.config.keys, 'sealing.key');
      rmSync(file);

      const app = { ...WEB, id: hmac.client.id, secret: String(hmac.secret) };
      const { tokens } = await signIn(server.issuer, { client: app });
      assert.equal(tokens.error, 'temporarily_unavailable');

      const { id } = asserting.client;
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: id, sub: id, aud: server.issuer, jti: randomUUID(), exp: now + 60 };
      const assertion = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(String(asserting.secret)));
      const response = await fetch(`${server.issuer}/introspect`, {
        method: 'POST',
        body: new URLSearchParams({
          token: 'unknown',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: assertion,
        }),
      });
      assert.deepEqual([response.status, response.headers.get('www-authenticate')], [503, null]);

      const lines = server.logged.split('\n').filter((line) => line.includes('there is no sealing key'));
      assert.equal(lines.length, 2);
      assert.ok(lines.every((line) => line.includes(`there is no sealing key ${file}; restore it`)));
      assert.ok((await signIn(server.issuer)).tokens.id_token !== undefined, 'others go on');
    } finally {
      await operator.close();
      await server.stop();
    }
  });
});
