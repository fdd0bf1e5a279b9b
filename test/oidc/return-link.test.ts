import assert from 'node:assert/strict';
import { once } from 'node:events';
import Koa from 'koa';
import { pinOrigin } from '../../src/http/host.ts';
import { setReturnLink } from '../../src/oidc/authorization/return-link.ts';

describe('the cookie of the return link', () => {
  it('is Secure for an https issuer (RFC 6265bis §4.1.3.1)', async () => {
    const app = new Koa();
    pinOrigin(app, 'https://login.example.com', () => '127.0.0.1');
    app.use((ctx) => {
      setReturnLink(ctx, 'uid', { clientId: 'app' });
      ctx.body = '';
    });
    const server = app.listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const address = server.address();
      const response = await fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
      assert.match(
        response.headers.get('set-cookie') ?? '',
        /^__Secure-signet_way_back=[\w-]+; path=\/interaction\/uid; expires=[^;]+; samesite=lax; secure; httponly$/,
      );
    } finally {
      server.close();
    }
  });
});
