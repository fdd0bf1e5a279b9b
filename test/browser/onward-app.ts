import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Koa from 'koa';
import { makeCertificate } from '../support/nginx.ts';

/** An application whose addresses redirect on, as a callback does that hands over to an app on the phone. */
export interface OnwardApp {
  origin: string;
  /** By destination. */
  addresses: ReadonlyMap<string, string>;
  /** The address to which a destination leads in the end. */
  endOf(destination: string): string;
  stop(): Promise<void>;
}

const IN_APP = 'shopping://done';

/** Two servers: the application by http, and another origin by https with a certificate of its own. */
export async function startOnwardApp([ownScheme, otherOrigin, twice]: readonly [
  string,
  string,
  string,
]): Promise<OnwardApp> {
  const directory = mkdtempSync(join(tmpdir(), 'signet-onward-'));
  const { certificate, key } = await makeCertificate(directory, 'onward', ['localhost']);
  const elsewhere = new Koa();
  elsewhere.use((ctx) => {
    if (ctx.path === '/hop') redirect(ctx, IN_APP);
    else ctx.body = 'landed';
  });
  const answer = elsewhere.callback();
  const secure = createServer(
    { cert: certificate, key },
    (request, response) => void answer(request, response),
  );
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const other = `https://localhost:${(secure.address() as AddressInfo).port}`;
  const to = new Map([
    ['/own-scheme', IN_APP],
    ['/other-origin', `${other}/landed`],
    ['/twice', `${other}/hop`],
  ]);
  const koa = new Koa();
  koa.use((ctx) => {
    const target = to.get(ctx.path);
    if (target !== undefined) redirect(ctx, target);
    else {
      ctx.type = 'html';
      ctx.body = '<link rel="icon" href="data:,"><h1>App</h1>';
    }
  });
  const app = koa.listen(0, '127.0.0.1');
  await once(app, 'listening');
  const origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  return {
    origin,
    addresses: new Map([
      [ownScheme, `${origin}/own-scheme`],
      [otherOrigin, `${origin}/other-origin`],
      [twice, `${origin}/twice`],
    ]),
    endOf: (destination) => (destination === otherOrigin ? `${other}/landed` : IN_APP),
    async stop() {
      for (const each of [app, secure]) {
        each.closeAllConnections();
        each.close();
        await once(each, 'close');
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Koa would write the address as the URL parser spells it. */
function redirect(ctx: Koa.Context, address: string): void {
  ctx.status = 302;
  ctx.set('Location', address);
}
