import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa, { type Middleware } from 'koa';
import { crossOrigin, type CrossOriginOptions } from '../../src/oidc/engine/cross-origin.ts';
import { authorizationRequest, authorize } from '../support/flow.ts';
import { engineRoutes } from '../support/engine-routes.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

const PAGE = 'https://app.example.com';

describe('A route whose responses pages may read with credentials', () => {
  it('is the token or the revocation endpoint', async () => {
    const { rows } = await engineRoutes();
    const found = rows.filter((row) => 'credentials' in row && row.credentials);
    assert.deepEqual(
      found.map(({ kind, name }) => `${kind} ${name}`),
      ['form token', 'form revocation'],
    );
  });

  it('sees no cookie of such a request', async () => {
    const answer: Middleware = (ctx) => {
      ctx.body = { cookie: ctx.cookies.get('session') ?? null, header: ctx.headers.cookie ?? null };
    };
    const seen = await ask({ credentials: true }, answer, { Origin: PAGE, Cookie: 'session=x' });
    assert.deepEqual(await seen.json(), { cookie: null, header: null });
    assert.equal(seen.headers.get('access-control-allow-credentials'), null, 'no client is known');
  });
});

describe('An error from before the client is known', () => {
  for (const [name, answer] of [
    ['that is answered', (ctx) => void (ctx.status = 401)],
    ['that is thrown', (ctx) => ctx.throw(503)],
  ] as const satisfies [string, Middleware][]) {
    it(`${name} can be read by every page, without credentials`, async () => {
      const { headers } = await ask({ openErrors: true }, answer, { Origin: PAGE });
      assert.equal(headers.get('access-control-allow-origin'), '*');
      assert.equal(headers.get('access-control-allow-credentials'), null);
      assert.equal(headers.get('access-control-expose-headers'), 'WWW-Authenticate');
    });

    it(`${name} can be read by no page elsewhere`, async () => {
      const { headers } = await ask({ credentials: true }, answer, { Origin: PAGE });
      assert.equal(headers.get('access-control-allow-origin'), null);
    });
  }

  it('is an error: a response is not', async () => {
    const { headers } = await ask({ openErrors: true }, (ctx) => void (ctx.body = '{}'), { Origin: PAGE });
    assert.equal(headers.get('access-control-allow-origin'), null);
  });
});

describe('A page that may not call as the client', () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({
      clients: [
        { client_id: 'spa', token_endpoint_auth_method: 'none', redirect_uris: ['http://localhost:5173/cb'] },
        { client_id: 'web', client_secret: 'a-secret', redirect_uris: ['http://localhost:5173/cb'] },
      ],
    });
  });
  after(() => server.stop());

  for (const [id, status, names] of [
    ['spa', 400, /https:\/\/app\.example\.com.*redirect_uris.*allowed_origins.*--allowed-origin/],
    ['web', 401, /https:\/\/app\.example\.com.*token_endpoint_auth_method none.*--public/],
  ] as const) {
    it(`as ${id} gets the setting in development, and in the log`, async () => {
      const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: id, code: 'x' });
      const response = await fetch(`${server.issuer}/token`, {
        method: 'POST',
        headers: { Origin: PAGE },
        body,
      });
      const { error_detail: detail } = (await response.json()) as { error_detail: string };
      assert.equal(response.status, status);
      assert.match(detail, names);
      assert.ok(server.logged.includes(JSON.stringify(detail).slice(1, -1)));
    });
  }

  it('has no response mode fragment by default when the client has a secret', async () => {
    const modeOf = async (clientId: string) => {
      const parameters = { client_id: clientId, redirect_uri: 'http://localhost:5173/cb', scope: 'openid' };
      const request = authorizationRequest(server.issuer, { ...parameters, response_mode: 'fragment' });
      return await authorize(new UserAgent(), request);
    };
    const [spa, web] = [await modeOf('spa'), await modeOf('web')];
    assert.equal(spa.search, '');
    assert.ok(new URLSearchParams(spa.hash.slice(1)).has('code'));
    assert.equal(web.searchParams.get('error'), 'unsupported_response_mode');
  });
});

/** Sends one request to a server with one route. */
async function ask(
  options: CrossOriginOptions,
  answer: Middleware,
  headers: Record<string, string>,
): Promise<Response> {
  const app = new Koa().use(async (ctx, next) => {
    // The responder for errors is outside (`app/middleware.ts`).
    await next().catch((error: { status: number }) => void (ctx.status = error.status));
  });
  app.use(crossOrigin(options)).use(answer);
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { headers });
  } finally {
    server.close();
  }
}
