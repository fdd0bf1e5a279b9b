import type { Context } from 'koa';
import type { ClientLogos } from '../clients/logos/logos.ts';
import { publicPath } from './paths.ts';
import type { Route } from './route.ts';

/** The logos of clients, from the origin of this server. */

const PATH = '/client-logo/';

/** Of `ClientLogos.fileOf`: a digest, so that a name always has the same content. */
const FILE = /^[\w-]{43}$/;

/** For an address that is opened by itself: no script, no request, no origin. */
const POLICY = "sandbox; default-src 'none'";

export function clientLogoRoute({ logos }: { logos: Pick<ClientLogos, 'read'> }): Route {
  return {
    kind: 'file',
    path: `${PATH}:file`,
    name: 'client_logo',
    answer: async (ctx) => {
      const file = String(ctx.params.file);
      const logo = FILE.test(file) ? await logos.read(file) : undefined;
      if (logo === undefined) return;
      ctx.set('X-Content-Type-Options', 'nosniff');
      ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
      ctx.set('Cross-Origin-Resource-Policy', 'same-origin');
      ctx.set('Content-Security-Policy', POLICY);
      ctx.type = logo.type;
      ctx.body = logo.content;
    },
  };
}

/** For browsers. */
export function clientLogoPath(ctx: Context, file: string): string {
  return publicPath(ctx, PATH + file);
}
