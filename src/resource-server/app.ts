import { randomUUID } from 'node:crypto';
import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { jsonErrors } from './json-errors.ts';
import { readMessageText } from './message-text.ts';
import type { RequiredAuthentication } from './bearer-error.ts';
import { type Message, Messages } from './messages.ts';
import { metadataDocument, metadataUrl } from './protected-resource-metadata.ts';
import { type AccessTokenOptions, type AuthorizedState, requireAccessToken } from './require-access-token.ts';

/**
 * The sample API: a resource server in a process of its own. It knows the authorization server only by its issuer URL. This folder
 * owns the messages and the verification of access tokens. It does not sign people in (that is `sample-app/`), and imports nothing
 * from the rest of `src`: it is what the developer of an API would write. To protect an API of your own, start with
 * `require-access-token.ts`.
 */

const READ = 'messages:read';
const WRITE = 'messages:write';
const NAME = 'Sample API';

/** `audience`: the http(s) URL of the API. `urgent`: how a person must have signed in to write an urgent message. */
export interface ResourceServerOptions extends Omit<AccessTokenOptions, 'resourceMetadata'> {
  urgent?: RequiredAuthentication;
}

/** Two factors, or a passkey. */
export const TWO_FACTORS: RequiredAuthentication = { acrValues: ['https://refeds.org/profile/mfa', 'phr'] };

export function createResourceServer(options: ResourceServerOptions): Koa {
  const { issuer, audience, urgent = TWO_FACTORS } = options;
  const resourceMetadata = metadataUrl(audience);
  const metadata = metadataDocument({ resource: audience, issuer, name: NAME, scopes: [READ, WRITE] });
  const requireScope = requireAccessToken({ ...options, resourceMetadata: resourceMetadata.href });
  const messages = new Messages();

  const write: Middleware<AuthorizedState> = (ctx) => {
    const isUrgent = ctx.path.endsWith('/urgent');
    const message: Message = {
      id: randomUUID(),
      text: readMessageText(ctx),
      createdAt: new Date().toISOString(),
      ...(isUrgent && { urgent: true }),
    };
    messages.add(owner(ctx.state), message);
    ctx.status = 201;
    ctx.body = message;
  };
  const router = new Router<AuthorizedState>({ strict: true, sensitive: true });
  router
    .get('/', (ctx) => {
      ctx.body = {
        name: NAME,
        description: `GET /messages needs an access token with ${READ}, POST /messages one with ${WRITE}, and POST /messages/urgent one of a person who has signed in with two factors. Get it from ${issuer} for the resource ${audience}.`,
        metadata: resourceMetadata.href,
      };
    })
    .get(resourceMetadata.pathname, (ctx) => {
      ctx.body = metadata;
    })
    .get('/messages', requireScope(READ), (ctx) => {
      ctx.body = { messages: messages.list(owner(ctx.state)) };
    })
    .post('/messages', parseForm, requireScope(WRITE), parseJson, write)
    .post('/messages/urgent', parseForm, requireScope(WRITE, urgent), parseJson, write);

  const app = new Koa();
  app
    .use(headers)
    .use(jsonErrors)
    .use(rejectCompressedBody)
    .use(router.routes())
    .use(router.allowedMethods());
  return app;
}

/**
 * The owner of the messages. A client that acts for itself has its client id as subject. The prefix separates clients from users:
 * otherwise a client registered with the id of a user could read that user's messages (RFC 9700 §4.15).
 */
function owner({ accessToken: { subject, clientId } }: AuthorizedState): string {
  return subject === clientId ? `client ${clientId}` : `user ${subject}`;
}

const headers: Middleware = (ctx, next) => {
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Cache-Control', 'no-store');
  return next();
};

/** Corrupt compressed data beyond the parser's limit would crash the process. */
const rejectCompressedBody: Middleware = (ctx, next) => {
  if (ctx.get('Content-Encoding') !== '') ctx.throw(415, 'The body must not be compressed');
  return next();
};

const formParser = bodyParser({ enableTypes: ['form'], formLimit: '4kb' });

/** Forms are parsed before authorization only to detect a token in the body (RFC 6750 §2.2). JSON is parsed after it. */
const parseForm: Middleware = (ctx, next) =>
  ctx.is('application/x-www-form-urlencoded') ? formParser(ctx, next) : next();

const parseJson = bodyParser({
  enableTypes: ['json'],
  jsonLimit: '8kb',
  onError: (error, ctx) => {
    const status = 'status' in error ? Number(error.status) : 400;
    ctx.throw(status, status === 400 ? 'The body is not valid JSON' : error.message);
  },
});
