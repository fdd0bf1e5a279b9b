import { join } from 'node:path';
import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { accountPage } from './account-page.ts';
import { callMessagesApi, type NewMessage } from './api-call.ts';
import { loadAssets } from './assets.ts';
import { canonicalHost } from './canonical-host.ts';
import { formField, requireFormToken } from './form-token.ts';
import { Pages, problemPages } from './pages.ts';
import { denialOf, Problem, toProblem } from './problem.ts';
import { RelyingParty, type RelyingPartyOptions } from './relying-party.ts';
import { securityHeaders } from './security-headers.ts';
import { type Session, Sessions } from './session.ts';

/**
 * The sample app: a web application that signs people in with Signet, and calls an API for them. A process of its own that knows the
 * authorization server only by its issuer URL. This folder owns its sessions and pages; `relying-party.ts` is the whole protocol. It
 * has no accounts, and does not verify access tokens (that is `resource-server/`). It imports nothing from the rest of `src`: it is
 * what the developer of an app would write.
 */

export interface SampleAppOptions extends RelyingPartyOptions {
  /** Epoch milliseconds. */
  now?: () => number;
  /** Receives each problem that is shown on a page, for the log. It contains no token. */
  onProblem?: (problem: Problem) => void;
}

const VIEWS = join(import.meta.dirname, 'views');

export function createSampleApp(options: SampleAppOptions): Koa {
  const { url, now = Date.now, onProblem = () => {} } = options;
  const assets = loadAssets(VIEWS);
  const pages = new Pages(VIEWS, { issuer: options.issuer, ...assets.paths });
  const router = createRouter({
    api: options.api,
    now,
    pages,
    party: new RelyingParty(options),
    sessions: new Sessions({ secure: url.protocol === 'https:', now }),
  });
  const app = new Koa();
  app
    .use(securityHeaders(url, new URL(options.issuer)))
    .use(problemPages(pages, onProblem))
    .use(canonicalHost(url))
    .use(assets.serve)
    .use(rejectCompressedBody)
    .use(bodyParser({ enableTypes: ['form'], formLimit: '8kb', onError: unreadableForm }))
    .use(router.routes())
    .use(router.allowedMethods());
  return app;
}

interface Parts {
  api: string;
  now: () => number;
  pages: Pages;
  party: RelyingParty;
  sessions: Sessions;
}

function createRouter({ api, now, pages, party, sessions }: Parts): Router {
  const router = new Router({ strict: true, sensitive: true });
  return router
    .get('/', (ctx) => {
      const session = sessions.current(ctx);
      if (session === undefined) pages.render(ctx, 'welcome', { api });
      else pages.render(ctx, 'account', accountPage(session, now()));
    })
    .get('/login', async (ctx) => {
      const offlineAccess = ctx.query.access === 'while-away';
      const { url, attempt } = await party.begin({ offlineAccess });
      sessions.begin(ctx, attempt);
      ctx.redirect(url.href);
    })
    .get('/callback', async (ctx) => {
      const attempt = sessions.takeAttempt(ctx, ctx.query.state);
      if (attempt === undefined) throw unknownSignIn();
      try {
        const session = sessions.start(ctx, await party.complete(ctx.querystring, attempt));
        const { message } = attempt;
        // The person may have signed in with another account.
        const isSame = message?.of === session.signedIn.claims.sub;
        if (isSame)
          session.apiCall = await callMessagesApi(party, api, session.signedIn.accessToken, message.content);
        seeOther(ctx, isSame ? '/#api' : '/');
      } catch (error) {
        const description = denialOf(error);
        if (description === undefined) throw error;
        pages.render(ctx, 'cancelled', { description, signedIn: sessions.current(ctx) !== undefined });
      }
    })
    .post('/call-api', async (ctx) => {
      const session = requireFormToken(ctx, sessions.current(ctx));
      const { accessToken, claims, offlineAccess } = session.signedIn;
      const content = messageOf(ctx);
      const call = await callMessagesApi(party, api, accessToken, content);
      if (call.stepUp === undefined || content === undefined) {
        session.apiCall = call;
        seeOther(ctx, '/#api');
        return;
      }
      // Step-up (RFC 9470): the same request again, after the sign-in that the API asks for.
      const { url, attempt } = await party.begin({ offlineAccess, stepUp: call.stepUp });
      sessions.begin(ctx, { ...attempt, message: { of: claims.sub, content } });
      seeOther(ctx, url.href);
    })
    .post('/refresh', async (ctx) => {
      const session = requireFormToken(ctx, sessions.current(ctx));
      try {
        await (session.refreshing ??= refresh(party, session));
      } catch (error) {
        // The grant was revoked, or the person signed out elsewhere: end the session here too.
        if (toProblem(error).code === 'invalid_grant') sessions.end(ctx);
        throw error;
      }
      seeOther(ctx, '/#tokens');
    })
    .post('/logout', async (ctx) => {
      const { signedIn } = requireFormToken(ctx, sessions.current(ctx));
      sessions.end(ctx);
      seeOther(ctx, (await party.endSessionUrl(signedIn.idToken)).href);
    });
}

/** @returns undefined where the messages are to be read */
function messageOf(ctx: Context): NewMessage | undefined {
  const text = formField(ctx, 'text');
  return text === undefined ? undefined : { text, urgent: formField(ctx, 'urgent') !== undefined };
}

/** Post/Redirect/Get: reloading the page does not submit the form again. */
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
    'This browser started no such sign-in in the last hour, or the sign-in is already complete.';
  return new Problem(400, 'state_mismatch', 'This sign-in is no longer valid', description);
}

/** Corrupt compressed data beyond the parser's limit would crash the process. */
const rejectCompressedBody: Middleware = (ctx, next) => {
  if (ctx.get('Content-Encoding') !== '') ctx.throw(415, 'The form must not be compressed');
  return next();
};

function unreadableForm(error: Error, ctx: Context): never {
  const status = 'status' in error ? Number(error.status) : 400;
  return ctx.throw(status, 'The form could not be read');
}
