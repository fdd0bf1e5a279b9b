import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { eventually } from '../support/eventually.ts';
import { signIn, WEB } from '../support/flow.ts';
import { operate } from '../support/noun-access.ts';
import { startTestServer } from '../support/server.ts';

describe('The sealing key', () => {
  it('is rotated: a start with two keys seals the secrets of clients with the first', async () => {
    const server = await startTestServer();
    const operator = await operate(server);
    try {
      const hmac = {
        redirect_uris: [WEB.redirectUri],
        first_party: true,
        id_token_signed_response_alg: 'HS256',
      };
      const { client, secret } = await operator.clients.add(hmac);
      const file = join(server.config.keys, 'sealing.key');
      const [old, fresh] = [readFileSync(file, 'utf8').trim(), randomBytes(32).toString('base64')];
      writeFileSync(file, `${fresh},${old}\n`);
      await server.restart();
      await eventually('the secrets are sealed again', async () =>
        server.logged.includes('secrets are sealed with the first key'),
      );
      writeFileSync(file, `${fresh}\n`);
      await server.restart();
      const app = { ...WEB, id: client.id, secret: String(secret) };
      assert.ok((await signIn(server.issuer, { client: app })).tokens.id_token !== undefined);
    } finally {
      await operator.close();
      await server.stop();
    }
  });

  it('is lost: a 503 for the clients that need it, and the log names the file', async () => {
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
