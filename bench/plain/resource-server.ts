import { createRemoteJWKSet, jwtVerify } from 'jose';
import Koa from 'koa';
import { API } from '../servers/fixture.ts';

/** `GET /messages` behind a checked access token: signature, `iss`, `aud`, `exp`, `typ`, algorithm and scope. */
export function createPlainResourceServer(issuer: string): Koa {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const app = new Koa();
  app.use(async (ctx) => {
    const [scheme, token = ''] = ctx.get('authorization').split(' ');
    if (scheme !== 'Bearer') ctx.throw(401);
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: API.audience,
      typ: 'at+jwt',
      algorithms: ['RS256'],
    }).catch(() => ctx.throw(401));
    if (!String(payload.scope).split(' ').includes('messages:read')) ctx.throw(403);
    ctx.body = { messages: [{ id: 1, text: 'Hello' }] };
  });
  return app;
}
