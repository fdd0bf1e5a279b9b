import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import Koa from 'koa';
import { home } from '../../src/account-pages/home.ts';

describe('the front door', () => {
  let server: Server;
  let origin: string;

  before(async () => {
    const app = new Koa();
    app.use(
      home({
        issuer: 'https://id.example',
        demo: false,
        signedIn: () => Promise.resolve(undefined),
        assets: { url: (name) => `/assets/${name}.svg` },
        renderPage: (ctx, page) => void (ctx.body = page),
      }),
    );
    app.use((ctx) => void (ctx.body = 'something else'));
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  });

  after(() => void server.close());

  it('shows the home page', async () => {
    assert.equal(await (await fetch(`${origin}/`)).text(), 'home');
  });

  it('leads to the logo whoever asks for the icon that no page named', async () => {
    const response = await fetch(`${origin}/favicon.ico`, { redirect: 'manual' });
    assert.equal(response.status, 302);
    assert.equal(response.headers.get('location'), '/assets/logo.svg');
    assert.equal(response.headers.get('cache-control'), 'public, max-age=3600');
  });

  it('is at no other address', async () => {
    assert.equal(await (await fetch(`${origin}/favicon`)).text(), 'something else');
  });
});
