import { DERIVED_PATHS, PATHS } from '../../http/paths.ts';
import type { Middleware } from 'koa';
import type { Feature, FeatureContext } from '../feature.ts';
import { includeSidInIdTokens } from './end-session.ts';
import { confirmationAnswers, logoutAnswers } from './engine-answers.ts';
import { type LogoutRedirect, redirectDirectly, redirectThroughFrames } from './front-channel.ts';
import { acceptRetiredHints } from './retired-hints.ts';
import { logoutPages } from './rp-initiated.ts';
import { forgetBrowserState } from './session-management.ts';

/** Sign-out that an application begins. This folder owns the end of a session; the pages are in `pages/`. */
export const rpInitiatedLogout: Feature = {
  spec: ['OpenID Connect RP-Initiated Logout 1.0'],
  clientMetadata: ['post_logout_redirect_uris'],
  // `session.revoked`: `accounts/sessions.ts`.
  auditEvents: ['session.ended', 'session.revoked'],
  configure: (context) => ({
    features: { rpInitiatedLogout: { enabled: true, ...logoutPages(context, logoutRedirectOf(context)) } },
  }),
  extend: includeSidInIdTokens,
  routes: (context) => [
    {
      kind: 'page',
      path: PATHS.end_session,
      name: 'end_session',
      posts: 'anywhere',
      framed: () => true,
      steps: [
        context.redirectPosts,
        acceptRetiredHints(context),
        context.lock,
        ...browserState(context),
        logoutAnswers(context.config),
      ],
    },
    {
      kind: 'page',
      path: DERIVED_PATHS.end_session_confirm,
      name: 'end_session_confirm',
      posts: 'ours',
      postOnly: true,
      framed: () => true,
      steps: [context.lock, ...browserState(context), confirmationAnswers(logoutRedirectOf(context))],
    },
    {
      kind: 'page',
      path: DERIVED_PATHS.end_session_success,
      name: 'end_session_success',
      framed: () => true,
      steps: [context.lock],
    },
  ],
};

function logoutRedirectOf({ config, renderPage }: FeatureContext): LogoutRedirect {
  return config.logout.frontChannel ? redirectThroughFrames(renderPage) : redirectDirectly;
}

function browserState({ config }: FeatureContext): Middleware[] {
  return config.logout.sessionManagement ? [forgetBrowserState(config.issuer)] : [];
}
