import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { pngOf, sampleImage } from '../clients/logos/sample-images.ts';
import { ClientServer } from '../support/client-server.ts';
import { withClock } from '../support/clock.ts';
import { eventually } from '../support/eventually.ts';
import { authorizationRequest, authorize } from '../support/flow.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { UserAgent } from '../support/user-agent.ts';

/** By path: what the server of the clients has there. */
const LOGOS: Readonly<Record<string, Buffer>> = {
  '/own.png': sampleImage('png'),
  '/shop.webp': sampleImage('lossy'),
  '/vector.png': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
  '/page.png': Buffer.from('<!doctype html><script>alert(1)</script>'),
  '/wide.png': pngOf(1025, 1),
  '/tall.png': pngOf(1, 1025),
  '/flat.png': pngOf(0, 1),
  '/long.png': Buffer.concat([sampleImage('png'), Buffer.alloc(65 * 1024)]),
};
const UNUSABLE = ['vector', 'page', 'wide', 'tall', 'flat', 'long', 'missing'];

describe('the logo of a client (OpenID Connect Dynamic Client Registration §2)', () => {
  const files = new ClientServer();
  let server: TestServer;
  let store: Store;
  before(async () => {
    await files.start();
    const client = (id: string, logo: string) => ({
      client_id: id,
      token_endpoint_auth_method: 'none' as const,
      redirect_uris: ['https://rp.example/cb'],
      logo_uri: files.origin + logo,
    });
    server = await startTestServer({
      outbound: { privateNetworks: true },
      registration: { mode: 'open', redirectHosts: ['rp.example'] },
      clients: [client('shop', '/shop.webp'), ...UNUSABLE.map((name) => client(name, `/${name}.png`))],
    });
    store = await openStore(server.config.store, { clock: Date.now });
  });
  after(async () => {
    await store.close();
    await server.stop();
    await files.stop();
  });
  beforeEach(() => {
    files.reset();
    files.answer = (request, response) => {
      const content = LOGOS[request.url ?? ''];
      // The type that is claimed does not count.
      response.writeHead(content === undefined ? 404 : 200, { 'Content-Type': 'image/png' }).end(content);
    };
  });

  const requested = (path: string) => files.requests.filter(({ url }) => url === path).length;

  /** @returns the sign-in page of a client */
  async function signInPage(id: string, redirectUri = 'https://rp.example/cb') {
    const { url } = authorizationRequest(server.issuer, { client_id: id, redirect_uri: redirectUri });
    const { response } = await new UserAgent().follow(url);
    const html = await response.text();
    assert.match(html, /id="password"/);
    return { html, policy: response.headers.get('content-security-policy') ?? '' };
  }

  /** @returns the path of the logo on the page */
  async function shownLogo(id: string, redirectUri?: string): Promise<string | undefined> {
    return /<img class="avatar" src="([^"]+)"/.exec((await signInPage(id, redirectUri)).html)?.[1];
  }

  it('is fetched once, stored, and served from the origin of the server', async () => {
    assert.equal(await shownLogo('shop'), undefined);
    await eventually('the page shows the logo', async () => (await shownLogo('shop')) !== undefined);
    const { policy } = await signInPage('shop');
    assert.match(policy, /img-src 'self';/);
    const path = (await shownLogo('shop')) ?? '';
    assert.match(path, /^\/client-logo\/[\w-]{43}$/);
    await server.restart();
    assert.equal(await shownLogo('shop'), path);
    const response = await fetch(server.issuer + path);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), LOGOS['/shop.webp']);
    const headers = ['content-type', 'cache-control', 'content-security-policy', 'x-content-type-options'];
    assert.deepEqual(
      [...headers, 'cross-origin-resource-policy'].map((name) => response.headers.get(name)),
      [
        'image/webp',
        'public, max-age=31536000, immutable',
        "sandbox; default-src 'none'",
        'nosniff',
        'same-origin',
      ],
    );
    assert.deepEqual(
      files.requests.map(({ url, headers: { accept } }) => [url, accept]),
      [['/shop.webp', 'image/webp, image/png, image/jpeg']],
    );
  });

  it('is not there under another name', async () => {
    for (const name of ['x'.repeat(43), 'shop', `${'x'.repeat(42)}.`, 'address%20x']) {
      assert.equal((await fetch(`${server.issuer}/client-logo/${name}`)).status, 404, name);
    }
  });

  it('is not shown when it is no PNG, JPEG or WebP image of up to 1024 × 1024 pixels and 64 KiB', async () => {
    for (const name of UNUSABLE) {
      assert.equal(await shownLogo(name), undefined);
      const id = `address ${files.origin}/${name}.png`;
      await eventually(
        `${name} is stored`,
        async () => (await store.artifacts.find('ClientLogo', id)) !== undefined,
      );
      assert.equal(await shownLogo(name), undefined, name);
      assert.equal(requested(`/${name}.png`), 1, name);
    }
    const problems = [...server.logged.matchAll(/"problem":"([^"]+)"/g)].map(([, problem]) => problem);
    assert.deepEqual(problems, [
      'it is no PNG, JPEG or WebP image',
      'it is no PNG, JPEG or WebP image',
      'it has 1025 × 1 pixels; at most 1024 × 1024 are shown',
      'it has 1 × 1025 pixels; at most 1024 × 1024 are shown',
      'it has 0 × 1 pixels; at most 1024 × 1024 are shown',
    ]);
  });

  /** @returns the `client_id` of a new client with the logo `/own.png` */
  async function register(redirectUri: string): Promise<string> {
    const response = await fetch(`${server.issuer}/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'none',
        logo_uri: `${files.origin}/own.png`,
      }),
    });
    const { client_id: id } = (await response.json()) as { client_id?: string };
    assert.ok(id !== undefined, `status ${response.status}`);
    return id;
  }

  it('of a client that registers itself is fetched then, and shown from the host of a redirect URI only', async () => {
    const foreign = await register('https://rp.example/cb');
    assert.equal(await shownLogo(foreign), undefined);
    assert.equal(requested('/own.png'), 0);
    const redirectUri = 'http://127.0.0.1:3999/cb';
    const own = await register(redirectUri);
    const address = `address ${files.origin}/own.png`;
    await eventually(
      'it is stored',
      async () => (await store.artifacts.find('ClientLogo', address)) !== undefined,
    );
    assert.notEqual(await shownLogo(own, redirectUri), undefined);
    assert.equal(await shownLogo(foreign), undefined);
    assert.equal(requested('/own.png'), 1);
  });

  it('is shown among the applications of a person, too', async () => {
    const agent = new UserAgent();
    const request = { client_id: 'shop', redirect_uri: 'https://rp.example/cb' };
    await authorize(agent, authorizationRequest(server.issuer, request));
    const home = await (await agent.get(`${server.issuer}/`)).text();
    assert.equal(/<img class="avatar" src="([^"]+)"/.exec(home)?.[1], await shownLogo('shop'));
  });

  it('is fetched again after a day, and stays while that fails', () =>
    withClock(async (clock) => {
      const before = await shownLogo('shop');
      assert.notEqual(before, undefined);
      clock.advance(86_400);
      files.answer = (_request, response) => void response.writeHead(503).end();
      assert.equal(await shownLogo('shop'), before);
      await eventually('it was requested', async () => requested('/shop.webp') === 1);
      assert.equal(await shownLogo('shop'), before);
      files.answer = (_request, response) => void response.end(LOGOS['/own.png']);
      clock.advance(3_700);
      await eventually('the page shows the new logo', async () => (await shownLogo('shop')) !== before);
    }));
});
