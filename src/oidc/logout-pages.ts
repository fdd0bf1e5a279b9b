import type { Context } from 'koa';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ShowPage } from '../http/show-page.ts';
import { clientHome } from './client-home.ts';

type Logout = NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>;

const GOODBYE = '/logout/success';

/** The two pages of RP-initiated logout: the question, and the goodbye. */
export function logoutPages(showPage: ShowPage): Pick<Logout, 'logoutSource' | 'postLogoutSuccessSource'> {
  return {
    logoutSource: (ctx, form) => {
      const { client, entities, session } = ctx.oidc;
      const hinted = entities.IdTokenHint?.payload.sub;
      if (hinted !== undefined && hinted !== session?.accountId)
        throw new errors.InvalidRequest('id_token_hint is of someone else than who is signed in');
      const target = session?.state?.postLogoutRedirectUri;
      showPage(
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
    postLogoutSuccessSource: (ctx) => {
      const { client, provider } = ctx.oidc;
      showPage(ctx, 'signed-out', {
        app: client && clientHome(client),
        staysSignedIn: ctx.cookies.get(provider.cookieName('session'), { signed: false }) !== undefined,
      });
    },
  };
}

/**
 * When nobody is signed in, the engine asks with a form that a script posts. There is nothing to ask and nothing to end: on to where
 * that form would have led, without a cookie of the session that was made for it and not kept.
 */
export function leaveWithoutSession(ctx: Context): void {
  const { provider, session } = (ctx as KoaContextWithOIDC).oidc;
  if (session === undefined) return;
  const { postLogoutRedirectUri, state, clientId } = session.state ?? {};
  ctx.cookies.set(provider.cookieName('session'), null, { signed: false, overwrite: true, sameSite: 'lax' });
  ctx.status = 303;
  ctx.redirect(
    typeof postLogoutRedirectUri === 'string'
      ? withParameter(postLogoutRedirectUri, 'state', state)
      : withParameter(ctx.origin + GOODBYE, 'client_id', clientId),
  );
}

/** Lets the goodbye know which application it came from, also after the whole session was ended. */
export function nameClientAfterLogout(ctx: Context): void {
  const { client } = (ctx as KoaContextWithOIDC).oidc;
  const location = ctx.origin + GOODBYE;
  if (ctx.response.get('Location') !== location) return;
  ctx.redirect(withParameter(location, 'client_id', client?.clientId));
}

function withParameter(address: string, name: string, value: unknown): string {
  const url = new URL(address);
  if (typeof value === 'string') url.searchParams.set(name, value);
  return url.href;
}
