import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import type { startServer } from '../../src/app/server.ts';
import { createClients } from '../../src/clients/clients.ts';
import { metadataContext } from '../../src/clients/fields/shape.ts';
import { createSealer } from '../../src/signing/sealing/sealer.ts';
import { openStore } from '../../src/store/open.ts';
import { withClock } from '../support/clock.ts';
import { API, authorizationRequest, authorize, basic, MACHINE, signIn, token } from '../support/flow.ts';
import { signAsServer } from '../support/own-keys.ts';
import { UserAgent } from '../support/user-agent.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { copySource, type SourceCopy } from '../support/source-copy.ts';

const OTHER_API = 'https://other.example';
/** Of a public client's pages. */
const SPA_ORIGIN = 'http://localhost:5173';
const ROUTE = `
import type { Route } from '../http/route.ts';
import type { Services } from '../http/services.ts';

export function whoAmI({ bearer }: Services): Route {
  return {
    kind: 'api',
    path: '/who-am-i',
    name: 'who_am_i',
    methods: ['GET', 'POST'],
    steps: [bearer('${API}', 'messages:read')],
    answer: (ctx) => {
      const { sub, client_id, scope } = ctx.state.accessToken!;
      ctx.body = { sub, client_id, scope };
    },
  };
}
`;

/** A JSON endpoint of this server behind `Services.bearer`: RFC 6750, RFC 9068 §4. */
describe('An endpoint that requires an access token', () => {
  let source: SourceCopy;
  let server: TestServer;
  before(async () => {
    source = copySource();
    source.add('src/app/who-am-i.ts', ROUTE);
    source.insertAfter('src/app/routes.ts', 'homeRoute(services),', '    whoAmI(services),');
    source.insertAfter(
      'src/app/routes.ts',
      `from '../account-pages/home.ts';`,
      `import { whoAmI } from './who-am-i.ts';`,
    );
    const { startServer: start } = await source.load<{ startServer: typeof startServer }>(
      'src/app/server.ts',
    );
    const other = { audience: OTHER_API, name: 'Other', scopes: { 'other:read': 'Other' } };
    const client = {
      client_id: 'two-apis',
      client_secret: MACHINE.secret,
      grant_types: ['client_credentials'],
      scope: 'messages:read messages:write other:read',
    };
    const spa = {
      client_id: 'spa',
      token_endpoint_auth_method: 'none' as const,
      redirect_uris: [`${SPA_ORIGIN}/cb`],
      first_party: true,
      scope: 'openid messages:read',
    };
    const input = { signingAlgorithms: ['ES256' as const], apis: [other], clients: [client, spa] };
    server = await startTestServer(input, start);
  });
  after(async () => {
    await server.stop();
    source.remove();
  });

  async function get(authorization?: string, path = '/who-am-i'): Promise<Response> {
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    return await fetch(server.issuer + path, { headers });
  }

  const issued = async (parameters: Record<string, string>, client = MACHINE): Promise<string> => {
    const all = { grant_type: 'client_credentials', ...parameters };
    return (await token(server.issuer, all, client)).body.access_token;
  };

  async function assertRefused(response: Response, status: number, code: string): Promise<void> {
    assert.equal(response.status, status);
    const { error, error_description } = (await response.json()) as Record<string, string>;
    assert.equal(error, code);
    const challenge = response.headers.get('www-authenticate') ?? '';
    assert.ok(
      challenge.startsWith(`Bearer error="${code}", error_description="${error_description}"`),
      challenge,
    );
    assert.equal(response.headers.get('cache-control'), 'no-store');
  }
  const assertInvalid = async (jwt: string) =>
    await assertRefused(await get(`Bearer ${jwt}`), 401, 'invalid_token');

  it('has the claims of the token', async () => {
    const jwt = await issued({ scope: 'messages:read' });
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const response = await get(`${scheme} ${jwt}`);
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), {
        sub: MACHINE.id,
        client_id: MACHINE.id,
        scope: 'messages:read',
      });
    }
  });

  it('takes the token of a person for the API', async () => {
    const { tokens } = await signIn(server.issuer, { parameters: { scope: 'openid messages:read' } });
    assert.equal((await get(`Bearer ${tokens.access_token}`)).status, 200);
  });

  it('without a token names the scheme, the scope and no error (RFC 6750 §3, §3.1)', async () => {
    const jwt = await issued({ scope: 'messages:read' });
    const form = new URLSearchParams({ access_token: jwt });
    for (const response of [
      await get(),
      await get(`Basic ${basic(MACHINE)}`),
      await get(`Bearer${jwt}`),
      await get(undefined, `/who-am-i?access_token=${jwt}`),
      await fetch(`${server.issuer}/who-am-i`, { method: 'POST', body: form }),
    ]) {
      assert.equal(response.status, 401);
      assert.equal(response.headers.get('www-authenticate'), 'Bearer scope="messages:read"');
    }
  });

  it('rejects a header that is malformed or sent twice', async () => {
    const jwt = await issued({ scope: 'messages:read' });
    for (const value of ['Bearer', `Bearer ${jwt} ${jwt}`, `Bearer ${jwt}, Bearer ${jwt}`, 'Bearer a b']) {
      await assertRefused(await get(value), 400, 'invalid_request');
    }
    const port = Number(new URL(server.issuer).port);
    const status = await new Promise((resolve, reject) => {
      const headers = ['Host', `localhost:${port}`, 'Authorization', `Bearer ${jwt}`];
      httpRequest(
        {
          host: '127.0.0.1',
          port,
          path: '/who-am-i',
          headers: [...headers, 'Authorization', `Bearer ${jwt}`] as never,
        },
        (response) => resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
    assert.equal(status, 400);
  });

  it('answers 403 with the scope for a token that lacks it', async () => {
    const response = await get(`Bearer ${await issued({ scope: 'messages:write' })}`);
    assert.match(String(response.headers.get('www-authenticate')), /, scope="messages:read"$/);
    await assertRefused(response, 403, 'insufficient_scope');
  });

  it('rejects a token for another API, an ID token and an opaque token', async () => {
    await assertInvalid(await issued({ scope: 'other:read' }, { ...MACHINE, id: 'two-apis' }));
    const { tokens } = await signIn(server.issuer);
    await assertInvalid(String(tokens.id_token));
    await assertInvalid(tokens.access_token);
    await assertInvalid(String(tokens.refresh_token));
  });

  it('rejects a token without the signature of its key (RFC 8725 §3.1)', async () => {
    const jwt = await issued({ scope: 'messages:read' });
    const [header = '', payload = '', signature = ''] = jwt.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const { keys } = (await (await fetch(`${server.issuer}/jwks`)).json()) as { keys: JsonWebKey[] };
    const published = createPublicKey({ key: keys[0]!, format: 'jwk' });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const withHeader = (members: object) => `${part({ typ: 'at+jwt', kid, ...members })}.${payload}`;

    const unsigned = withHeader({ alg: 'none' });
    await assertInvalid(`${unsigned}.`);
    await assertInvalid(`${unsigned}.${signature}`);
    for (const secret of [
      published.export({ type: 'spki', format: 'pem' }),
      published.export({ type: 'spki', format: 'der' }),
      JSON.stringify(keys[0]),
    ]) {
      const data = withHeader({ alg: 'HS256' });
      await assertInvalid(`${data}.${createHmac('sha256', secret).update(data).digest('base64url')}`);
    }
    const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = own.publicKey.export({ format: 'jwk' });
    for (const members of [{ alg: 'RS256' }, { alg: 'RS256', jwk }, { alg: 'PS256' }]) {
      const data = withHeader(members);
      await assertInvalid(
        `${data}.${sign('sha256', Buffer.from(data), own.privateKey).toString('base64url')}`,
      );
    }
    await assertInvalid(`${header}.${part({ sub: 'admin' })}.${signature}`);
    await assertInvalid(`${header}.${payload}.${signature.slice(0, -4)}AAAA`);
  });

  it('rejects a token that was revoked, and one whose grant has ended', async () => {
    const jwt = await issued({ scope: 'messages:read' });
    const revoke = async (value: string, client: { id: string; secret: string }) =>
      await fetch(`${server.issuer}/revoke`, {
        method: 'POST',
        headers: { Authorization: basic(client) },
        body: new URLSearchParams({ token: value }),
      });
    // By another client: nothing happens.
    assert.equal((await revoke(jwt, { id: 'two-apis', secret: MACHINE.secret })).status, 400);
    assert.equal((await get(`Bearer ${jwt}`)).status, 200);
    assert.equal((await revoke(jwt, MACHINE)).status, 200);
    await assertInvalid(jwt);

    const { tokens } = await signIn(server.issuer, { parameters: { scope: 'openid messages:read' } });
    assert.equal((await get(`Bearer ${tokens.access_token}`)).status, 200);
    await revoke(String(tokens.refresh_token), { id: 'demo-web', secret: 'demo-web-secret' });
    await assertInvalid(tokens.access_token);
  });

  it('rejects a token that has expired', async () => {
    const jwt = await issued({ scope: 'messages:read' });
    await withClock(async (clock) => {
      clock.advance(3600);
      await assertInvalid(jwt);
    });
  });

  it('rejects a token that another key of the server has signed (RFC 8725 §3.1)', async () => {
    const claims = decodeJwt(await issued({ scope: 'messages:read' }));
    assert.equal((await get(`Bearer ${await signAsServer(server, 'RS256', claims)}`)).status, 200);
    await assertInvalid(await signAsServer(server, 'ES256', claims));
  });

  it('rejects the token of a client that was removed, also when another has its id', async () => {
    const store = await openStore(`sqlite:${join(server.directory, 'signet.db')}`, { clock: Date.now });
    const context = metadataContext(server.config);
    const sealer = createSealer(server.config);
    const clients = createClients({ store, ...context, audit: { record() {} }, clock: Date.now, sealer });
    const metadata = {
      client_id: 'short-lived',
      grant_types: ['client_credentials'],
      scope: 'messages:read',
    };
    const { secret = '' } = await clients.add(metadata);
    const jwt = await issued({}, { id: 'short-lived', secret });
    assert.equal((await get(`Bearer ${jwt}`)).status, 200);
    await clients.remove('short-lived');
    await clients.add(metadata);
    await assertInvalid(jwt);
    await store.close();
  });

  it('can be called from pages of the client of the token, and from no others (CORS)', async () => {
    const request = authorizationRequest(server.issuer, {
      client_id: 'spa',
      redirect_uri: `${SPA_ORIGIN}/cb`,
      scope: 'openid messages:read',
    });
    const callback = await authorize(new UserAgent(), request);
    const redeemed = await fetch(`${server.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'spa',
        code: callback.searchParams.get('code') ?? '',
        redirect_uri: `${SPA_ORIGIN}/cb`,
        code_verifier: request.verifier,
      }),
    });
    const { access_token: accessToken } = (await redeemed.json()) as { access_token: string };
    const call = async (Origin: string, bearer = accessToken) => {
      const headers = { Origin, Authorization: `Bearer ${bearer}` };
      const response = await fetch(`${server.issuer}/who-am-i`, { headers });
      return [response.status, response.headers.get('access-control-allow-origin')];
    };
    assert.deepEqual(await call(SPA_ORIGIN), [200, SPA_ORIGIN]);
    assert.deepEqual(await call('http://localhost:9999'), [200, null]);
    assert.deepEqual(await call('null'), [200, null]);
    const confidential = await issued({ scope: 'messages:read' });
    assert.deepEqual(await call(SPA_ORIGIN, confidential), [200, null]);
    const preflight = await fetch(`${server.issuer}/who-am-i`, {
      method: 'OPTIONS',
      headers: {
        Origin: SPA_ORIGIN,
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Headers': 'authorization',
      },
    });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /\bAuthorization\b/);
  });
});
