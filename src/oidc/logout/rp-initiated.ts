import type { Context } from 'koa';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { preferredLanguages, useLanguageOf, useLanguages } from '../../http/languages.ts';
import type { Config } from '../../config/config.ts';
import { clientSettings } from '../engine/client-settings.ts';
import { displayOf } from '../engine/client-display.ts';
import { DERIVED_PATHS, publicPath } from '../../http/paths.ts';
import { addToQuery, redirectTo } from '../engine/redirect.ts';
import { isSignOut } from './repeated-answer.ts';
import { clientHome } from '../authorization/client-home.ts';
import { dropSessionCookie, endSession, idTokenHintMatchesSession } from './end-session.ts';
import type { Subjects } from '../engine/subjects.ts';
import type { FeatureContext } from '../feature.ts';
import { findSignedIn } from '../engine/signed-in.ts';
import type { LogoutRedirect } from './front-channel.ts';

type Logout = NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;

/**
 * The two pages of RP-initiated logout: the question, which is skipped for a request with an ID token of this session, and the confirmation
 * page.
 */
export function logoutPages(
  {
    renderPage,
    findAccount,
    subjects,
    config: { lifetimes },
  }: Pick<FeatureContext, 'renderPage' | 'findAccount' | 'subjects' | 'config'>,
  redirectAfterEnd: LogoutRedirect,
): Pick<Logout, 'logoutSource' | 'postLogoutSuccessSource'> {
  return {
    logoutSource: async (ctx, form) => {
      const { client, entities, params, session } = ctx.oidc;
      const hinted = entities.IdTokenHint?.payload.sub;
      const subject = await subjectOf(ctx, subjects);
      if (hinted !== undefined && hinted !== subject)
        throw new errors.InvalidRequest('id_token_hint names another account than the session');
      if (await idTokenHintMatchesSession(ctx, subjects)) {
        await endSession(ctx);
        await redirectAfterEnd(ctx, addressAfterLogout(ctx, session?.state));
        return;
      }
      const target = session?.state?.postLogoutRedirectUri;
      useLanguages(ctx, params?.ui_locales);
      const account = session?.accountId === undefined ? undefined : await findAccount(session.accountId);
      if (account !== undefined) useLanguageOf(ctx, account);
      renderPage(
        ctx,
        'logout',
        {
          form,
          clientName: client && displayOf(client, preferredLanguages(ctx)).name,
          returns: typeof target === 'string',
          keepsAccess: Object.values(session?.authorizations ?? {}).some(
            (authorization) => authorization.persistsLogout === true,
          ),
        },
        { formsLeave: typeof target === 'string' },
      );
    },
    postLogoutSuccessSource: async (ctx) => {
      const { client, provider } = ctx.oidc;
      renderPage(ctx, 'signed-out', {
        app: client && clientHome(client, preferredLanguages(ctx)),
        staysSignedIn: (await findSignedIn(ctx, provider, findAccount, lifetimes)) !== undefined,
      });
    },
  };
}

/** What the client of the request knows the account of the session by. */
async function subjectOf(
  { oidc: { client, session } }: KoaContextWithOIDC,
  subjects: Subjects,
): Promise<string | undefined> {
  const accountId = session?.accountId;
  return client === undefined || accountId === undefined ? accountId : await subjects.of(client, accountId);
}

/**
 * Without a session, the engine writes a form that a script posts. There is nothing to confirm: redirects to where that form would lead, and
 * clears the cookie of the session that the engine created for it.
 *
 * For a client that registered itself it leads to the confirmation page, which links to the client: the person has not done anything yet, and each
 * client that registers itself would have a link of this server that leads anywhere (`authorization/withheld-redirect.ts`).
 */
export function redirectWithoutSession(ctx: Context, { profile }: Pick<Config, 'profile'>): void {
  const { client, session } = (ctx as KoaContextWithOIDC).oidc;
  if (session === undefined) return;
  dropSessionCookie(ctx as KoaContextWithOIDC);
  const isWithheld =
    profile !== 'conformance' && client !== undefined && clientSettings(client).selfRegistered !== undefined;
  redirectTo(ctx, addressAfterLogout(ctx, isWithheld ? { clientId: client.clientId } : session.state));
}

/** The requested address, or that of the confirmation page. */
function addressAfterLogout(
  ctx: Context,
  { postLogoutRedirectUri, state, clientId }: Record<string, unknown> = {},
): string {
  return typeof postLogoutRedirectUri === 'string'
    ? addToQuery(postLogoutRedirectUri, { state })
    : addToQuery(ctx.origin + publicPath(ctx, DERIVED_PATHS.end_session_success), { client_id: clientId });
}

/**
 * After the question: redirects to the requested address when the person has signed out, otherwise to the confirmation page, because the
 * application would take any return for a sign-out (OpenID Connect RP-Initiated Logout 1.0 §3).
 */
export async function redirectAfterConfirmation(
  ctx: KoaContextWithOIDC,
  redirectAfterEnd: LogoutRedirect,
): Promise<void> {
  const { client, params, session } = ctx.oidc;
  const { postLogoutRedirectUri, state } = session?.state ?? {};
  const clientId = client?.clientId;
  if (isSignOut(params))
    await redirectAfterEnd(ctx, addressAfterLogout(ctx, { postLogoutRedirectUri, state, clientId }));
  else redirectTo(ctx, addressAfterLogout(ctx, { clientId }));
}
