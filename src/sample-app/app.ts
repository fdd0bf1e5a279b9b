import { join } from 'node:path';
import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { accountPage } from './account-page.ts';
import { callMessages } from './api-call.ts';
import { loadAssets } from './assets.ts';
import { canonicalHost } from './canonical-host.ts';
import { checkForm, formField } from './form-token.ts';
import { Pages, problemPage } from './pages.ts';
import { Problem, refusalOf, toProblem } from './problem.ts';
import { RelyingParty, type RelyingPartyOptions } from './relying-party.ts';
import { securityHeaders } from './security-headers.ts';
import { type Session, Sessions } from './session.ts';

/**
 * The sample app: what someone else would build to sign people in with Signet. A process of its own; it knows the
 * authorization server by its issuer URL alone and imports nothing from the rest of `src`.
 */

export interface SampleAppOptions extends RelyingPartyOptions {
  /** Epoch milliseconds. */
  now?: () => number;
  /** Receives every problem that a page was made of, for the log. It holds no token. */
  onProblem?: (problem: Problem) => void;
}

const VIEWS = join(import.meta.dirname, 'views');

export function createSampleApp(options: SampleAppOptions): Koa {
  const { url, api, now = Date.now, onProblem = () => {} } = options;
  const assets = loadAssets(VIEWS);
  const pages = new Pages(VIEWS, { issuer: options.issuer, ...assets.paths });
  const party = new RelyingParty(options);
  const sessions = new Sessions({ secure: url.protocol === 'https:', now });

  const router = new Router({ strict: true, sensitive: true });
  router
    .get('/', (ctx) => {
      const session = sessions.current(ctx);
      if (session === undefined) pages.render(ctx, 'welcome', { api });
      else pages.render(ctx, 'account', accountPage(session, now()));
    })
    .get('/login', async (ctx) => {
      const whileAway = ctx.query.access === 'while-away';
      const { url: authorizationUrl, attempt } = await party.begin({ whileAway });
      sessions.begin(ctx, attempt);
      ctx.redirect(authorizationUrl.href);
    })
    .get('/callback', async (ctx) => {
      const attempt = sessions.takeAttempt(ctx, ctx.query.state);
      if (attempt === undefined) throw unknownSignIn();
      try {
        sessions.start(ctx, await party.complete(ctx.querystring, attempt));
        seeOther(ctx, '/');
      } catch (error) {
        const description = refusalOf(error);
        if (description === undefined) throw error;
        pages.render(ctx, 'cancelled', { description, signedIn: sessions.current(ctx) !== undefined });
      }
    })
    .post('/call-api', async (ctx) => {
      const session = checkForm(ctx, sessions.current(ctx));
      session.apiCall = await callMessages(party, api, session.signedIn.accessToken, formField(ctx, 'text'));
      seeOther(ctx, '/#api');
    })
    .post('/refresh', async (ctx) => {
      const session = checkForm(ctx, sessions.current(ctx));
      try {
        await (session.refreshing ??= refresh(party, session));
      } catch (error) {
        // The grant is gone: signed out elsewhere, or taken back. So is the reason to keep anybody signed in here.
        if (toProblem(error).code === 'invalid_grant') sessions.end(ctx);
        throw error;
      }
      seeOther(ctx, '/#tokens');
    })
    .post('/logout', async (ctx) => {
      const { signedIn } = checkForm(ctx, sessions.current(ctx));
      sessions.end(ctx);
      seeOther(ctx, (await party.endSessionUrl(signedIn.idToken)).href);
    });

  const app = new Koa();
  app
    .use(securityHeaders(url, new URL(options.issuer)))
    .use(problemPage(pages, onProblem))
    .use(canonicalHost(url))
    .use(assets.serve)
    .use(plainBody)
    .use(bodyParser({ enableTypes: ['form'], formLimit: '8kb', onError: unreadableForm }))
    .use(router.routes())
    .use(router.allowedMethods());
  return app;
}

/** The answer to a form is a page of its own: reloading it repeats nothing. */
function seeOther(ctx: Context, location: string): void {
  ctx.status = 303;
  ctx.redirect(location);
}

async function refresh(party: RelyingParty, session: Session): Promise<void> {
  try {
    session.signedIn = await party.refresh(session.signedIn);
  } finally {
    delete session.refreshing;
  }
}

function unknownSignIn(): Problem {
  const description =
    'The answer belongs to no sign-in that this browser has begun in the last hour. It may have been used already.';
  return new Problem(400, 'state_mismatch', 'This sign-in is no longer valid', description);
}

/** Broken compressed data beyond the parser's limit would end the process. */
const plainBody: Middleware = (ctx, next) => {
  if (ctx.get('Content-Encoding') !== '') ctx.throw(415, 'The form must not be compressed');
  return next();
};

function unreadableForm(error: Error, ctx: Context): never {
  const status = 'status' in error ? Number(error.status) : 400;
  return ctx.throw(status, 'The form could not be read');
}
