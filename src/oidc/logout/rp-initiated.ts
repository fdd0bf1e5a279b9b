import type { Context } from 'koa';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Account } from '../../accounts/accounts.ts';
import type { RenderPage } from '../../pages/render.ts';
import { clientHome } from '../authorization/client-home.ts';
import { dropSessionCookie, endSession, idTokenHintMatchesSession } from './end-session.ts';
import { findSignedIn } from '../engine/signed-in.ts';

type Logout = NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;

const GOODBYE = '/logout/success';

/**
 * The two pages of RP-initiated logout: the question, which is not asked when the ID token of this session answers it, and the goodbye.
 */
export function logoutPages(
  renderPage: RenderPage,
  findAccount: (id: string) => Promise<Account | undefined>,
): Pick<Logout, 'logoutSource' | 'postLogoutSuccessSource'> {
  return {
    logoutSource: async (ctx, form) => {
      const { client, entities, session } = ctx.oidc;
      const hinted = entities.IdTokenHint?.payload.sub;
      if (hinted !== undefined && hinted !== session?.accountId)
        throw new errors.InvalidRequest('id_token_hint is of someone else than who is signed in');
      if (idTokenHintMatchesSession(ctx)) {
        await endSession(ctx);
        leave(ctx, session?.state);
        return;
      }
      const target = session?.state?.postLogoutRedirectUri;
      renderPage(
        ctx,
        'logout',
        {
          form,
          clientName: client?.clientName ?? client?.clientId,
          returns: typeof target === 'string',
          keepsAccess: Object.values(session?.authorizations ?? {}).some(
            (authorization) => authorization.persistsLogout === true,
          ),
        },
        { formTargets: typeof target === 'string' ? [target] : [] },
      );
    },
    postLogoutSuccessSource: async (ctx) => {
      const { client, provider } = ctx.oidc;
      renderPage(ctx, 'signed-out', {
        app: client && clientHome(client),
        staysSignedIn: (await findSignedIn(ctx, provider, findAccount)) !== undefined,
      });
    },
  };
}

/**
 * When nobody is signed in, the engine asks with a form that a script posts. There is nothing to ask and nothing to end: on to where
 * that form would have led, without a cookie of the session that was made for it and not kept.
 */
export function redirectWithoutSession(ctx: Context): void {
  const { session } = (ctx as KoaContextWithOIDC).oidc;
  if (session === undefined) return;
  dropSessionCookie(ctx as KoaContextWithOIDC);
  leave(ctx, session.state);
}

/** To where the application has asked for, or to the goodbye. */
function leave(ctx: Context, { postLogoutRedirectUri, state, clientId }: Record<string, unknown> = {}): void {
  ctx.status = 303;
  ctx.redirect(
    typeof postLogoutRedirectUri === 'string'
      ? withParameter(postLogoutRedirectUri, 'state', state)
      : withParameter(ctx.origin + GOODBYE, 'client_id', clientId),
  );
}

/**
 * After the question: lets the goodbye know which application it came from. That application gets its person back after a sign-out
 * alone (OpenID Connect RP-Initiated Logout 1.0 §3); it would take any return for one.
 */
export function redirectAfterConfirmation(ctx: Context): void {
  const { client, params } = (ctx as KoaContextWithOIDC).oidc;
  if (ctx.status !== 303) return;
  const target = ctx.response.get('Location');
  const signedOut = typeof params?.logout === 'string' && params.logout !== '';
  const location = ctx.origin + GOODBYE;
  if (!signedOut || target === location) ctx.redirect(withParameter(location, 'client_id', client?.clientId));
}

function withParameter(address: string, name: string, value: unknown): string {
  const url = new URL(address);
  if (typeof value === 'string') url.searchParams.set(name, value);
  return url.href;
}
