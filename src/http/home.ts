import type { Middleware } from 'koa';
import { DEMO_ACCOUNT, DEMO_CLIENTS } from '../config/demo.ts';
import type { ShowPage } from './show-page.ts';

/** The front page: what this is, for someone who opened the issuer in a browser. */
export function home({
  issuer,
  demo,
  showPage,
}: {
  issuer: string;
  demo: boolean;
  showPage: ShowPage;
}): Middleware {
  const discoveryUrl = `${issuer}/.well-known/openid-configuration`;
  const data = {
    issuer,
    discoveryUrl,
    links: [
      { label: 'OpenID Connect discovery', url: discoveryUrl },
      { label: 'Signing keys (JWKS)', url: `${issuer}/jwks` },
      ...(demo ? [{ label: 'Sample app', url: 'http://localhost:3002/' }] : []),
    ],
    ...(demo && { demo: demoCredentials() }),
  };
  return async (ctx, next) => {
    if (ctx.path !== '/') {
      await next();
      return;
    }
    ctx.state.route = 'home';
    ctx.status = 200;
    showPage(ctx, 'home', data);
  };
}

function demoCredentials(): { label: string; name: string; secret: string }[] {
  return [
    { label: 'Account', name: DEMO_ACCOUNT.username, secret: DEMO_ACCOUNT.password },
    ...DEMO_CLIENTS.map(({ client_id, client_name, client_secret }) => ({
      label: String(client_name),
      name: client_id,
      secret: client_secret ?? '',
    })),
  ];
}
