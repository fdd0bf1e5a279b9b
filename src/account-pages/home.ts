import type { Context, Middleware } from 'koa';
import { DEMO_ACCOUNT, DEMO_CLIENTS } from '../config/demo.ts';
import { DEFAULT_SAMPLES } from '../config/samples.ts';
import type { Assets } from '../pages/assets.ts';
import type { HomePage } from '../pages/page-data.ts';
import type { RenderPage } from '../pages/render.ts';

/** Who is signed in in the browser of a request. */
export type SignedIn = (
  ctx: Context,
) => Promise<{ username: string; claims: { name?: unknown } } | undefined>;

/**
 * The front page: what this is, and who is signed in, for someone who opened the issuer in a browser; and the icon that browsers ask for
 * unbidden.
 */
export function home({
  issuer,
  demo,
  sampleApp = DEFAULT_SAMPLES.app,
  assets,
  signedIn,
  renderPage,
}: {
  issuer: string;
  demo: boolean;
  /** Origin of the sample app. */
  sampleApp?: string;
  assets: Pick<Assets, 'url'>;
  signedIn: SignedIn;
  renderPage: RenderPage;
}): Middleware {
  const data: Omit<HomePage, 'person'> = {
    issuer,
    documents: [
      { label: 'Discovery', url: `${issuer}/.well-known/openid-configuration` },
      { label: 'Signing keys', url: `${issuer}/jwks` },
    ],
    ...(demo && { sampleApp: `${sampleApp}/`, demo: demoCredentials() }),
  };
  return async (ctx, next) => {
    if (ctx.path === '/') {
      ctx.state.route = 'home';
      const account = await signedIn(ctx);
      const person = account && {
        username: account.username,
        name: typeof account.claims.name === 'string' ? account.claims.name : undefined,
      };
      ctx.status = 200;
      renderPage(ctx, 'home', { ...data, person });
    } else if (ctx.path === '/favicon.ico') {
      ctx.set('Cache-Control', 'public, max-age=3600');
      ctx.redirect(assets.url('logo'));
    } else {
      await next();
    }
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
