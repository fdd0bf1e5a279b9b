import type { Context, Middleware } from 'koa';
import { sendProblem } from '../http/problem.ts';

/**
 * Every path there is, in its one spelling, with its methods. What is not here is 404 before anything else looks at it: `/TOKEN` and
 * `/token/`, which the engine's router would accept, and whatever it may add one day.
 */
const GET = ['GET', 'HEAD'] as const;
const CROSS_ORIGIN_GET = [...GET, 'OPTIONS'] as const;
const CROSS_ORIGIN_POST = ['POST', 'OPTIONS'] as const;

const EXACT: Readonly<Record<string, readonly string[]>> = {
  '/': GET,
  '/.well-known/openid-configuration': CROSS_ORIGIN_GET,
  '/.well-known/oauth-authorization-server': CROSS_ORIGIN_GET,
  '/jwks': CROSS_ORIGIN_GET,
  '/authorize': [...GET, 'POST'],
  '/par': CROSS_ORIGIN_POST,
  '/token': CROSS_ORIGIN_POST,
  '/userinfo': [...GET, 'POST', 'OPTIONS'],
  '/introspect': CROSS_ORIGIN_POST,
  '/revoke': CROSS_ORIGIN_POST,
  '/logout': [...GET, 'POST'],
  '/logout/confirm': ['POST'],
  '/logout/success': GET,
  '/favicon.ico': GET,
};

const PATTERNS: readonly { pattern: RegExp; methods: readonly string[] }[] = [
  { pattern: /^\/authorize\/[A-Za-z0-9_-]{43}$/, methods: GET },
  { pattern: /^\/interaction\/[A-Za-z0-9_-]{43}$/, methods: GET },
  { pattern: /^\/interaction\/[A-Za-z0-9_-]{43}\/(?:login|consent|abort)$/, methods: [...GET, 'POST'] },
  { pattern: /^\/assets\/[A-Za-z0-9._-]+$/, methods: GET },
];

/** The engine's names for its endpoints → our paths. */
export const ENGINE_ROUTES = {
  authorization: '/authorize',
  end_session: '/logout',
  introspection: '/introspect',
  jwks: '/jwks',
  pushed_authorization_request: '/par',
  revocation: '/revoke',
  token: '/token',
  userinfo: '/userinfo',
} as const;

/** 404 for unknown paths, 405 with `Allow` for known ones asked in another way. */
export function onlyKnownRoutes(): Middleware {
  const exact = new Map(Object.entries(EXACT));
  return async (ctx, next) => {
    const { path } = ctx;
    const methods = exact.get(path) ?? PATTERNS.find(({ pattern }) => pattern.test(path))?.methods;
    if (methods === undefined) {
      nothingHere(ctx);
    } else if (!methods.includes(ctx.method)) {
      ctx.set('Allow', methods.join(', '));
      sendProblem(ctx, 405, 'method_not_allowed', `use ${methods.join(' or ')}`);
    } else {
      await next();
      if (ctx.status === 404 && ctx.body === undefined) nothingHere(ctx);
    }
  };
}

function nothingHere(ctx: Context): void {
  sendProblem(ctx, 404, 'not_found', 'nothing is at this address');
}
